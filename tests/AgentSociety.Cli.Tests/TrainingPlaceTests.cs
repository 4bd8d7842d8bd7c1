using AgentSociety.Cli.Commands;
using AgentSociety.Core;

namespace AgentSociety.Cli.Tests;

/// <summary>When a folder may be trained into.</summary>
public sealed class TrainingPlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("training-place-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_training_that_was_killed_before_it_kept_anything_is_begun_again_by_its_own_command()
    {
        new TrainingPlace(_folder, new { Seed = 1 }).Begin();
        TrainingPlace again = new(_folder, new { Seed = 1 });
        Assert.False(again.State.Exists);
        again.Begin();
        SocietyException other = Assert.Throws<SocietyException>(() => new TrainingPlace(_folder, new { Seed = 2 }));
        Assert.Contains("of another command", other.Message);
        Assert.DoesNotContain("--base", other.Message); // nothing was reached
    }

    [Fact]
    public void An_unfinished_training_goes_on_with_its_own_command_alone()
    {
        new TrainingPlace(_folder, new { Seed = 1 }).Begin();
        File.WriteAllText(Path.Combine(_folder, "unfinished", "state.safetensors"), "");
        Assert.True(new TrainingPlace(_folder, new { Seed = 1 }).State.Exists);
        Assert.Contains("--base", Assert.Throws<SocietyException>(() => new TrainingPlace(_folder, new { Seed = 2 })).Message);
    }

    [Theory]
    [InlineData("thesis.txt")]
    [InlineData("unfinished/thesis.txt")]
    public void A_folder_that_holds_anything_else_is_left_alone(string file)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "unfinished"));
        File.WriteAllText(Path.Combine(_folder, file), "");
        Assert.Contains("is not empty", Assert.Throws<SocietyException>(() => new TrainingPlace(_folder, new { Seed = 1 })).Message);
    }
}
