using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

/// <summary>What a model makes of the notes of a run that is over.</summary>
[Collection("Torch")]
public sealed class NotesTeacherTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Lessons_are_the_models_own_attempts_at_problems_that_were_played_and_the_same_ones_every_time()
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly((await Played("run")).Database);
        using LanguageModel model = Base();
        NotesTeacher teacher = NotesTeacher.Of(database, Log(database));
        IReadOnlyList<Lesson> lessons = teacher.Lessons(model, "base", 100, seed: 1);
        RunPlan plan = RunPlan.Of(database);
        HashSet<string> met = [.. new RunRecords(database).PlayedProblems().Select(problem => problem.Text)];
        Assert.Equal(met.Count, teacher.Problems);
        Assert.NotEmpty(lessons);
        Assert.Equal(lessons.Count, lessons.Select(Text).Distinct().Count());
        foreach (Lesson lesson in lessons)
        {
            Problem problem = plan.Environment.Parse(lesson.WithNotes[0].Text).Problem!;
            Assert.Contains(problem.Text, met);
            Assert.True(plan.Environment.Verify(problem, lesson.WithNotes).Sound);
            Assert.All(lesson.WithNotes.Where(segment => segment.Source == Source.Tool), reply => Assert.NotEqual("-", reply.Text));
            Assert.All(lesson.WithoutNotes.Where(segment => segment.Source == Source.Tool), reply => Assert.Equal("-", reply.Text));
        }

        Assert.Equal(lessons.Select(Text), teacher.Lessons(model, "base", 100, seed: 1).Select(Text));
        Assert.Equal(lessons.Take(2).Select(Text), teacher.Lessons(model, "base", 2, seed: 1).Select(Text));
    }

    [Fact]
    public async Task Problems_that_are_kept_for_tests_are_not_attempted_whatever_a_log_says()
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly((await Played("run")).Database);
        HeldOutTest.Question reserved = HeldOutTest.Questions(RunPlan.Of(database), 1)[0];
        LoggedEpisode[] log = Log(database);
        LoggedEpisode[] doctored = [.. log.Select(logged => logged with { Problem = logged.Problem! with { Text = reserved.Problem.Text, CanonicalForm = reserved.Problem.CanonicalForm } })];
        Assert.Equal(NotesTeacher.Of(database, log).Problems, NotesTeacher.Of(database, [.. log, .. doctored]).Problems);
        Assert.Contains("no attempt that passes the filter", Assert.Throws<SocietyException>(() => NotesTeacher.Of(database, doctored)).Message);
    }

    [Theory]
    [InlineData("culture.sharing is private", "culture.sharing=private")]
    [InlineData("culture.sharing is off", "culture.sharing=off")]
    [InlineData("find no page to read", "culture.shown=unread")]
    [InlineData("nothing can be looked up", "environment.name=arithmetic", "environment.options={}", "culture.experimentsPerRound=0", "model.base=null", "evaluation.difficulties=[1]")]
    public async Task A_run_that_has_nothing_to_read_is_refused_with_the_reason(string says, params string[] settings)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly((await Played("run", settings)).Database);
        Assert.Contains(says, Assert.Throws<SocietyException>(() => NotesTeacher.Of(database, Log(database))).Message);
    }

    [Fact]
    public async Task Runs_of_two_worlds_are_not_distilled_into_one_model()
    {
        using SocietyDatabase one = SocietyDatabase.OpenReadOnly((await Played("one")).Database), other = SocietyDatabase.OpenReadOnly((await Played("other", "seed=2")).Database);
        NotesTeacher first = NotesTeacher.Of(one, Log(one)), second = NotesTeacher.Of(other, Log(other));
        NotesTeacher.RequireOneWorld([first, first]);
        Assert.Contains("one and other are of two worlds", Assert.Throws<SocietyException>(() => NotesTeacher.RequireOneWorld([first, second])).Message);
    }

    private async Task<RunDirectory> Played(string name, params string[] settings)
    {
        RunDirectory directory = _tiny.Create(name);
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, .. settings]), directory));
        return directory;
    }

    private static LoggedEpisode[] Log(SocietyDatabase database) => [.. RunLog.Read(database, new ExportOptions { Format = ExportFormat.ChatML, Role = Role.Solver }).Where(logged => logged.Problem is not null)];

    private static LanguageModel Base() => LanguageModel.Load(Path.Combine(TinySociety.Repository(), "scenarios", "bases", "operators"));

    private static string Text(Lesson lesson) => string.Join('|', lesson.WithNotes.Select(segment => segment.Text));
}
