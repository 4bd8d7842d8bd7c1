using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;
using AgentSociety.Society;
using Parquet.Serialization;

namespace AgentSociety.Cli.Tests;

/// <summary>A log from a run to another tool and to a trained model, by the commands that a user types.</summary>
public sealed class LogPathTests(PlayedRun played) : IClassFixture<PlayedRun>
{
    [Theory]
    [InlineData("chatml-jsonl")]
    [InlineData("sharegpt")]
    [InlineData("trl-grpo")]
    public async Task Exported_lines_say_what_the_run_recorded(string format)
    {
        string place = played.At($"data-{format}");
        await Done("export", played.Run, "--format", format, "--out", place, "--keep-duplicates", "--test-share", "0.3");
        Dictionary<string, EpisodeRecord> episodes = played.Episodes().ToDictionary(episode => episode.Id);
        ITokenizer tokenizer = TokenizerFolder.Load(PlayedRun.Base, null);
        Dictionary<string, HashSet<string>> problems = [];
        foreach (string file in Directory.EnumerateFiles(place))
        {
            problems[Path.GetFileName(file)] = [];
            foreach (string line in File.ReadLines(file))
            {
                JsonElement row = JsonDocument.Parse(line).RootElement, provenance = row.GetProperty("provenance");
                Assert.True(episodes.Remove(provenance.GetProperty("episode").GetString()!, out EpisodeRecord? episode));
                int[] tokens = [.. row.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())];
                bool[] mask = [.. row.GetProperty("loss_mask").EnumerateArray().Select(token => token.GetBoolean())];
                Assert.Equal(tokens.Length, mask.Length);
                Assert.Equal(tokens.Length, row.GetProperty("log_probabilities").GetArrayLength());
                (string text, string learned) = Turns(row, format);
                Assert.Equal(text, tokenizer.Decode([.. tokens.Where(token => token != tokenizer.EndOfText)]));
                if (learned.Length > 0) Assert.Equal(learned, tokenizer.Decode([.. tokens.Where((token, index) => mask[index] && token != tokenizer.EndOfText)]));
                Assert.Equal(episode!.Reward, row.GetProperty("reward").GetDouble());
                Assert.Equal(episode.Agent, provenance.GetProperty("agent").GetString());
                Assert.Equal(episode.Round, provenance.GetProperty("round").GetInt32());
                Assert.All(provenance.GetProperty("pages_read").EnumerateArray(), page => Assert.Matches("^[a-z0-9/-]+@[0-9a-f]{64}$", page.GetString()!));
                if (provenance.GetProperty("problem").GetString() is { } problem) problems[Path.GetFileName(file)].Add(problem);
            }
        }

        Assert.Empty(episodes);
        Assert.Equal(["test.jsonl", "train.jsonl"], problems.Keys.Order());
        Assert.Empty(problems["train.jsonl"].Intersect(problems["test.jsonl"]));
    }

    [Fact]
    public async Task An_exported_table_holds_the_same_columns_of_every_episode()
    {
        string place = played.At("data-parquet");
        await Done("export", played.Run, "--format", "parquet", "--out", place, "--keep-duplicates", "--role", "solver");
        Dictionary<string, EpisodeRecord> episodes = played.Episodes().Where(episode => episode.Role == Core.Play.Role.Solver).ToDictionary(episode => episode.Id);
        foreach (string file in Directory.EnumerateFiles(place, "*.parquet"))
        {
            foreach (TableRow row in (await ParquetSerializer.DeserializeAsync<TableRow>(file)).Data)
            {
                Assert.True(episodes.Remove(row.Episode, out EpisodeRecord? episode));
                Assert.Equal((episode!.Segments[0].Text, episode.Reward, Path.GetFileNameWithoutExtension(file)), (row.Prompt, row.Reward, row.Split));
                Assert.Equal(episode.Tokens, row.Tokens);
                Assert.Equal(episode.LossMask, row.LossMask);
                Assert.Equal(episode.LogProbabilities, row.LogProbabilities);
            }
        }

        Assert.Empty(episodes);
    }

    [Theory]
    [InlineData("imitation", "full")]
    [InlineData("rejection-sampling", "full")]
    [InlineData("policy-gradient", "full")]
    [InlineData("grpo", "full")]
    [InlineData("dr-grpo", "full")]
    [InlineData("dapo", "full")]
    [InlineData("rloo", "full")]
    [InlineData("reinforce++", "full")]
    [InlineData("task-reinforce++", "full")]
    [InlineData("dpo", "full")]
    [InlineData("spin", "full")]
    [InlineData("rejection-sampling", "lora")]
    public async Task Every_method_makes_a_model_that_can_be_tested(string method, string weights)
    {
        string model = played.At($"tuned-{method}-{weights}");
        await Done("train", "--from", played.Run, "--method", method, "--base", played.Run, "--out", model, "--role", "solver", "--set", $"weights={weights}", "--set", "batch=16", "--threads", "2");
        JsonElement said = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training.json"))).RootElement;
        Assert.Equal(method, said.GetProperty("method").GetString());
        Assert.True(double.IsFinite(said.GetProperty("loss").GetDouble()));
        Assert.True(said.GetProperty("finished").GetBoolean());
        Assert.False(Path.Exists(Path.Combine(model, "unfinished")));
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["eval", model, "--scenario", played.Scenario, "--set", "evaluation.finalProblemsPerDifficulty=4", "--json"], kept.Terminal));
        Assert.Equal(4, JsonDocument.Parse(kept.Raw).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("chatml-jsonl")]
    [InlineData("sharegpt")]
    public async Task An_exported_log_is_trained_on_as_the_run_itself_is(string format)
    {
        string place = played.At($"back-{format}"), fromRun = played.At($"back-{format}-run"), fromFile = played.At($"back-{format}-file");
        await Done("export", played.Run, "--format", format, "--out", place, "--sound", "--role", "solver", "--test-share", "0");
        await Done("train", "--from", played.Run, "--method", "sft", "--sound", "--role", "solver", "--base", PlayedRun.Base, "--out", fromRun, "--threads", "1");
        await Done("train", "--from", Path.Combine(place, "train.jsonl"), "--base", PlayedRun.Base, "--out", fromFile, "--threads", "1");
        Assert.Equal("sft", JsonDocument.Parse(File.ReadAllText(Path.Combine(fromFile, "training.json"))).RootElement.GetProperty("method").GetString());
        Assert.Equal(File.ReadAllBytes(Path.Combine(fromRun, "model.safetensors")), File.ReadAllBytes(Path.Combine(fromFile, "model.safetensors")));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public async Task A_base_learns_by_heart_what_it_reads_in_the_notes_of_a_run_and_says_what_it_knew_before_and_after(string weights)
    {
        string model = played.At($"asleep-{weights}"), again = played.At($"asleep-{weights}-again");
        KeptTerminal kept = new();
        string[] Line(string place) =>
        [
            "train", "--from", played.Run, "--method", "distillation", "--base", PlayedRun.Base, "--out", place, "--set", $"weights={weights}", "--set", "consolidation.steps=30", "--set", "batch=16",
            "--set", "consolidation.problemsPerDifficulty=8", "--set", weights == "lora" ? "learningRate=0.01" : "learningRate=0.002", "--threads", "1",
        ];
        Assert.Equal((0, ""), (await CommandLine.Run(Line(model), kept.Terminal), kept.Error.Output));
        Assert.Matches(@"problems that the population met of .*; distillation on ", kept.Raw);
        Assert.Matches(@"before: held-out problems \d+ % without notes, \d+ % with them; older tasks \d+ %", kept.Raw);
        Assert.Matches(@"step 30/30, loss [\d.e-]+, .* tokens/s, 0:00 left", kept.Raw);
        Assert.Matches(@"after: held-out problems \d+ % without notes, -?\d+ % of the gap closed; older tasks \d+ %", kept.Raw);
        JsonElement said = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training.json"))).RootElement;
        Assert.Equal(("distillation", true), (said.GetProperty("method").GetString(), said.GetProperty("lessons").GetInt32() > 0));
        string file = weights == "full" ? "model.safetensors" : Path.Combine("adapters", "fine-tuned", "adapter_model.safetensors");
        if (weights == "lora") Assert.Equal(File.ReadAllBytes(Path.Combine(PlayedRun.Base, "model.safetensors")), File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
        await Done(Line(again));
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, file)), File.ReadAllBytes(Path.Combine(again, file)));
    }

    [Fact]
    public async Task Notes_that_nobody_could_distil_are_refused_before_anything_is_computed()
    {
        string chats = played.At("notes.jsonl");
        File.WriteAllText(chats, "{}");
        string[] Line(string from, string start, params string[] more) => ["train", "--from", from, "--method", "distillation", "--base", start, "--out", played.At("never"), .. more];
        await Refused("a chat log has no scratchpad", Line(chats, PlayedRun.Base));
        await Refused("tokenizer", Line(played.Run, PlayedRun.Shipped("addition")));
        await Refused("no attempt that passes the filter", Line(played.Run, PlayedRun.Base, "--rounds", "50-"));
        await Refused("set consolidation.steps", Line(played.Run, PlayedRun.Base, "--set", "epochs=3"));
        // A copy of the run's records alone, without its notes.
        await Refused("find no page to read", Line(played.Doctored("forgotten", episode => episode), PlayedRun.Base));
    }

    [Fact]
    public async Task A_model_from_elsewhere_is_tested_in_a_runs_world_with_its_scratchpad()
    {
        async Task<string> Tested(params string[] line)
        {
            KeptTerminal kept = new();
            Assert.Equal((0, ""), (await CommandLine.Run(["eval", .. line, "--json"], kept.Terminal), kept.Error.Output));
            return kept.Raw;
        }

        string model = played.At("elsewhere"), own = await Tested(played.Run);
        using (LanguageModel newest = LanguageModel.Load(Commands.RunPlace.FindModel(played.Run))) newest.Save(model);
        Assert.Equal(own, await Tested(model, "--notes", played.Run));
        Assert.Equal(own, await Tested(played.Run, "--notes", played.Run));
        string[] many = ["--scenario", played.Scenario, "--set", "evaluation.finalProblemsPerDifficulty=64"];
        string plain = await Tested([model, .. many, "--notes", played.Run]);
        Assert.NotEqual(await Tested([model, .. many]), plain);

        // An adapter that was trained is a part of the model, and two are a question.
        string adapted = played.At("elsewhere-adapted"), two = played.At("elsewhere-two");
        await Done("train", "--from", played.Run, "--method", "sft", "--base", model, "--out", adapted, "--set", "weights=lora", "--set", "epochs=20", "--set", "learningRate=0.02", "--threads", "1");
        Assert.NotEqual(plain, await Tested([adapted, .. many, "--notes", played.Run]));
        using (LanguageModel both = LanguageModel.Load(adapted))
        {
            both.AddAdapter("second", new LoraSettings(), 1);
            both.Save(two);
        }

        await Refused("has the adapters fine-tuned, second", ["eval", two, .. many, "--notes", played.Run]);
    }

    [Fact]
    public void Steps_of_a_log_are_judged_again_as_they_were_in_play()
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(new RunDirectory(played.Run).Database);
        ITokenizer tokenizer = TokenizerFolder.Load(PlayedRun.Base, null);
        LoggedEpisode[] log = [.. LoggedAttempts.Noted(RunLog.Read(database, new ExportOptions { Format = ExportFormat.ChatML, Role = Core.Play.Role.Solver, FirstRound = 1 }), database, steps: true, seats: false, kinds: false)];
        // The run's own credit was measured round by round, at the time, from verdicts that nobody stored.
        CreditAssignment credit = new(new LearningSettings { StepCredit = 1 }, tokens => TokenLengths.In(tokenizer, tokens));
        EpisodeRecord[] assigned = [.. log.GroupBy(logged => logged.Episode.Round).SelectMany(round =>
            credit.Assign([.. round.Select(logged => new JudgedEpisode(logged.Episode with { TokenAdvantages = null }, logged.Steps, logged.Problem!.Difficulty))]))];
        Assert.Contains(assigned, episode => episode.TokenAdvantages?.Any(value => value != 0) == true);
        Assert.Equal(log.Select(logged => (logged.Episode.Id, logged.Episode.Advantage)), assigned.Select(episode => (episode.Id, episode.Advantage)));
        foreach ((LoggedEpisode logged, EpisodeRecord episode) in log.Zip(assigned)) Assert.Equal(logged.Episode.TokenAdvantages, episode.TokenAdvantages);
    }

    [Fact]
    public async Task What_a_reader_of_the_paper_or_another_trainer_would_not_expect_is_said()
    {
        async Task<string> Said(params string[] line)
        {
            KeptTerminal kept = new();
            Assert.Equal((0, ""), (await CommandLine.Run(line, kept.Terminal), kept.Error.Output));
            return kept.Raw;
        }

        Assert.Contains("TRL reads no loss_mask", await Said("export", played.Run, "--format", "trl-grpo", "--out", played.At("noted-trl")));
        Assert.DoesNotContain("note:", await Said("export", played.Run, "--format", "chatml-jsonl", "--out", played.At("noted-chatml")));
        Assert.Contains("were written by other weights than round-2", await Said("train", "--from", played.Run, "--method", "spin", "--base", played.Run, "--out", played.At("noted-spin"), "--role", "solver", "--threads", "1"));
        // The first round was written by the weights that the run began with.
        Assert.DoesNotContain("note:", await Said("train", "--from", played.Run, "--method", "spin", "--base", Path.Combine(played.Run, "checkpoints", "round-0"), "--out", played.At("noted-own"), "--role", "solver", "--rounds", "1", "--threads", "1"));
    }

    [Fact]
    public async Task Problems_of_two_runs_of_one_name_stay_apart_and_one_run_is_not_taken_twice()
    {
        EpisodeRecord Judged(EpisodeRecord episode, bool right) => episode with { Outcome = right ? Outcome.Correct : Outcome.Wrong, Sound = right, Reward = right ? 1 : 0 };
        string right = played.Doctored("seed-101", episode => Judged(episode, true)), wrong = played.Doctored("seed-101", episode => Judged(episode, false)), place = played.At("data-twins");
        await Done("export", $"{right},{wrong}", "--format", "trl-grpo", "--out", place, "--role", "solver", "--test-share", "0");
        ILookup<string, double> groups = File.ReadLines(Path.Combine(place, "train.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .ToLookup(row => row.GetProperty("group").GetString()!, row => row.GetProperty("reward").GetDouble());
        Assert.All(groups, group => Assert.Equal((4, 1), (group.Count(), group.Distinct().Count())));
        // In each of the runs every problem earned the same; only merged groups would have something to compare.
        await Refused("earned the same", "train", "--from", $"{right},{wrong}", "--method", "grpo", "--base", PlayedRun.Base, "--out", played.At("never"), "--role", "solver");
        await Refused("no pairs", "train", "--from", $"{right},{wrong}", "--method", "dpo", "--base", PlayedRun.Base, "--out", played.At("never"), "--role", "solver");

        string copy = played.At("copy");
        Directory.CreateDirectory(copy);
        File.Copy(new RunDirectory(right).Database, new RunDirectory(copy).Database);
        foreach (string again in (string[])[right, right + Path.DirectorySeparatorChar, copy])
        {
            await Refused("are one run", "train", "--from", $"{right},{again}", "--method", "grpo", "--base", PlayedRun.Base, "--out", played.At("never"));
            await Refused("are one run", "export", $"{right},{again}", "--out", played.At("never"));
        }
    }

    [Fact]
    public async Task Proposals_of_problems_that_are_kept_for_tests_are_not_trained_on()
    {
        string reserved;
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(new RunDirectory(played.Run).Database)) reserved = HeldOutTest.Questions(RunPlan.Of(database), 1)[0].Problem.Text;
        ITokenizer tokenizer = TokenizerFolder.Load(PlayedRun.Base, null);
        EpisodeRecord? Proposed(EpisodeRecord episode)
        {
            if (episode.Role != Core.Play.Role.Proposer) return null;
            int[] prompt = [.. episode.Tokens.TakeWhile((_, index) => !episode.LossMask[index])], text = [.. tokenizer.Encode(reserved), tokenizer.EndOfText];
            return episode.Attempt % 2 == 0 ? episode : episode with
            {
                Problem = null,
                Segments = [episode.Segments[0], new(Core.Play.Source.Model, reserved)],
                Tokens = [.. prompt, .. text],
                LossMask = [.. prompt.Select(_ => false), .. text.Select(_ => true)],
                LogProbabilities = new float[prompt.Length + text.Length],
            };
        }

        string run = played.Doctored("posed", Proposed), model = played.At("unreserved");
        int kept, all;
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(new RunDirectory(run).Database))
        {
            IEnvironment environment = RunPlan.Of(database).Environment;
            EpisodeRecord[] proposals = [.. database.Episodes(new EpisodeFilter())];
            bool IsReserved(EpisodeRecord proposal) => environment.Parse(string.Concat(proposal.Segments.Skip(1).Select(segment => segment.Text))).Problem is { } problem && Reservation.Holds(environment.Name, problem.CanonicalForm);
            (all, kept) = (proposals.Length, proposals.Count(proposal => !IsReserved(proposal)));
        }

        Assert.InRange(kept, 1, all / 2);
        await Done("train", "--from", run, "--method", "sft", "--keep-duplicates", "--base", PlayedRun.Base, "--out", model, "--threads", "1");
        Assert.Equal(kept, JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training.json"))).RootElement.GetProperty("episodes").GetInt32());
    }

    [Fact]
    public async Task A_method_that_is_not_there_and_credit_that_a_log_cannot_give_are_refused()
    {
        string lucky = played.Doctored("lucky", episode => episode.Role == Core.Play.Role.Solver ? episode with { Outcome = Outcome.Correct, Sound = true, Reward = 1 } : episode);
        await Refused("did you mean dr-grpo?", "train", "--from", played.Run, "--method", "drgrpo", "--base", played.Run, "--out", played.At("never"));
        await Refused("the verifier says", "train", "--from", lucky, "--method", "grpo", "--base", played.Run, "--out", played.At("never"), "--role", "solver", "--set", "policy.stepCredit=1");
        await Refused("belongs to the policy gradient", "train", "--from", played.Run, "--method", "dpo", "--base", played.Run, "--out", played.At("never"), "--set", "policy.stepCredit=1");
        await Refused("a log holds no marks", "train", "--from", played.Run, "--method", "grpo", "--base", played.Run, "--out", played.At("never"), "--set", "policy.retrospectiveCredit=1");
    }

    [Fact]
    public async Task A_chat_log_that_cannot_be_learned_is_refused_by_file_and_line()
    {
        string file = played.At("chats.jsonl");
        File.WriteAllLines(file, ["""{"messages": [{"role": "user", "content": "a1="}, {"role": "assistant", "content": "2"}]}""", """{"messages": [{"role": "user", "content": "a1="}]}"""]);
        await Refused("line 2: holds no turn of the assistant", "train", "--from", file, "--base", PlayedRun.Base, "--out", played.At("never"));
        await Refused("neither verdicts nor groups", "train", "--from", file, "--method", "dpo", "--base", PlayedRun.Base, "--out", played.At("never"));
        await Refused("choose from runs", "train", "--from", file, "--sound", "--base", PlayedRun.Base, "--out", played.At("never"));
        await Refused("names runs and chat logs", "train", "--from", $"{file},{played.Run}", "--base", PlayedRun.Base, "--out", played.At("never"));
    }

    [Theory]
    [InlineData("no-probabilities", "policy-gradient", "has no log-probabilities")]
    [InlineData("no-groups", "dpo", "needs groups")]
    [InlineData("no-groups", "policy-gradient", "needs groups")]
    [InlineData("no-groups", "spin", "needs groups")]
    [InlineData("no-verdicts", "rejection-sampling", "no episode of the log was verified as right")]
    [InlineData("no-verdicts", "dpo", "no episode of the log was verified as right")]
    [InlineData("no-tokens", "imitation", "holds no tokens")]
    public async Task A_log_without_what_a_method_needs_is_refused_before_anything_is_computed(string log, string method, string says)
    {
        int problem = 0;
        string run = played.Doctored(log, episode => log switch
        {
            "no-probabilities" => episode with { LogProbabilities = new float[episode.Tokens.Length] },
            "no-groups" => episode.Attempt == 0 ? episode : null,
            "no-verdicts" => episode with { Outcome = Outcome.Wrong, Sound = false, Reward = 0 },
            _ => episode.Role == Core.Play.Role.Solver && problem++ == 0 ? episode with { Tokens = [], LogProbabilities = [], LossMask = [] } : episode,
        });
        await Refused(says, "train", "--from", run, "--method", method, "--base", played.Run, "--out", played.At("never"), "--role", "solver");
    }

    [Fact]
    public async Task A_base_of_another_tokenizer_an_empty_filter_and_an_adapter_that_does_not_fit_are_refused()
    {
        await Refused("tokenizer", "train", "--from", played.Run, "--base", PlayedRun.Shipped("addition"), "--out", played.At("never"));
        await Refused("no episode that passes the filter", "train", "--from", played.Run, "--base", played.Run, "--out", played.At("never"), "--rounds", "50-");
        await Refused("no episode passes the filter", "export", played.Run, "--out", played.At("never"), "--difficulty", "9-");
        await Refused("export format 'csv' is unknown", "export", played.Run, "--out", played.At("never"), "--format", "csv");
        await Refused("there is no such run", "export", played.At("nowhere"), "--out", played.At("never"));

        string model = played.At("adapted");
        using (LanguageModel adapted = LanguageModel.Load(PlayedRun.Base))
        {
            adapted.AddAdapter("fine-tuned", new LoraSettings { Rank = 2 }, 1);
            adapted.Save(model);
        }

        await Refused("has an adapter 'fine-tuned' of rank 2", "train", "--from", played.Run, "--base", model, "--out", played.At("never"), "--set", "weights=lora", "--set", "lora.rank=4");
        string config = Path.Combine(model, "adapters", "fine-tuned", "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"r\":2", "\"r\":3").Replace("\"r\": 2", "\"r\": 3"));
        await Refused("where the model needs [3,", "train", "--from", played.Run, "--base", model, "--out", played.At("never"), "--set", "weights=lora");
    }

    [Fact]
    public async Task An_experiment_whose_arms_differ_in_budget_is_refused_and_leaves_nothing_behind()
    {
        string file = played.At("unfair.yaml");
        File.WriteAllText(file, $"name: unfair\nbase: {Path.GetFileName(played.Scenario)}\nset: [learning.stepsPerRound=1]\narms:\n  - {{ name: short, as: shared }}\n  - {{ name: long, set: [selfPlay.rounds=3] }}\nsocieties: 2\npilot: 2\n");
        await Refused("arms must cost the same", "experiment", file, "--out", played.At("never"));
    }

    private async Task Refused(string says, params string[] line)
    {
        KeptTerminal kept = new();
        Assert.Equal((2, says), (await CommandLine.Run(line, kept.Terminal), kept.Error.Output.ReplaceLineEndings(" ").Contains(says, StringComparison.Ordinal) ? says : kept.Error.Output));
        Assert.False(Path.Exists(played.At("never")));
    }

    private static async Task Done(params string[] line)
    {
        KeptTerminal kept = new();
        Assert.Equal((0, ""), (await CommandLine.Run(line, kept.Terminal), kept.Error.Output));
    }

    /// <summary>The whole text, and what of it the model wrote; empty where the form does not tell.</summary>
    private static (string Text, string Learned) Turns(JsonElement row, string format)
    {
        if (format == "trl-grpo") return (row.GetProperty("prompt").GetString() + row.GetProperty("completion").GetString(), "");
        (string list, string who, string what, string model) = format == "sharegpt" ? ("conversations", "from", "value", "gpt") : ("messages", "role", "content", "assistant");
        JsonElement[] turns = [.. row.GetProperty(list).EnumerateArray()];
        return (string.Concat(turns.Select(turn => turn.GetProperty(what).GetString())), string.Concat(turns.Where(turn => turn.GetProperty(who).GetString() == model).Select(turn => turn.GetProperty(what).GetString())));
    }
}

/// <summary>Some columns of an exported table, as another program would name them.</summary>
public sealed class TableRow
{
    [JsonPropertyName("episode")]
    public string Episode { get; set; } = "";

    [JsonPropertyName("prompt")]
    public string Prompt { get; set; } = "";

    [JsonPropertyName("reward")]
    public double Reward { get; set; }

    [JsonPropertyName("split")]
    public string Split { get; set; } = "";

    [JsonPropertyName("tokens")]
    public List<int> Tokens { get; set; } = [];

    [JsonPropertyName("loss_mask")]
    public List<bool> LossMask { get; set; } = [];

    [JsonPropertyName("log_probabilities")]
    public List<float> LogProbabilities { get; set; } = [];
}

/// <summary>A short run from the shipped model, which solves problems and reads notes; played once for all tests of a class.</summary>
public sealed class PlayedRun : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("log-paths-").FullName;

    public string Run => At("run");

    public static string Base => Shipped("operators");

    public string Scenario => At("short.yaml");

    public string At(string name) => Path.Combine(_folder, name);

    public async Task InitializeAsync()
    {
        File.WriteAllText(Scenario, $$"""
            name: short
            environment:
              name: hidden-operators
              options: {operators: 8, maximumDifficulty: 16}
            model: {base: {{Base}}}
            population:
              - {role: proposer, count: 2}
              - {role: solver, count: 2}
            culture: {experimentsPerRound: 8}
            selfPlay: {rounds: 2, proposalsPerRound: 8, problemsPerRound: 6, attemptsPerProblem: 4, maximumTokens: 64, topUp: true}
            learning: {batch: 16, stepCredit: 1}
            evaluation: {everyRounds: 2, problemsPerDifficulty: 4, finalProblemsPerDifficulty: 4, difficulties: [1, 2]}
            """);
        KeptTerminal kept = new();
        int code = await CommandLine.Run(["run", Scenario, "--out", Run, "--plain"], kept.Terminal);
        Assert.True(code == 0, kept.Error.Output);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    internal EpisodeRecord[] Episodes()
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(new RunDirectory(Run).Database);
        return [.. database.Episodes(new EpisodeFilter())];
    }

    /// <summary>A copy of the run's records with other episodes; null leaves one out.</summary>
    internal string Doctored(string name, Func<EpisodeRecord, EpisodeRecord?> change)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, $"{name}-{Guid.NewGuid():N}")).FullName;
        using SocietyDatabase from = SocietyDatabase.OpenReadOnly(new RunDirectory(Run).Database), to = SocietyDatabase.Open(new RunDirectory(folder).Database);
        RunRecords old = new(from), records = new(to);
        records.Begin(old.Info()! with { Name = name });
        foreach (int round in (int[])[0, 1, 2])
        {
            records.Append(new RoundRecord
            {
                Round = round,
                State = "{}",
                Problems = old.Problems(round),
                Episodes = [.. from.Episodes(new EpisodeFilter { FromRound = round, ToRound = round }).Select(change).OfType<EpisodeRecord>()],
            });
        }

        return folder;
    }

    internal static string Shipped(string model)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "AgentSociety.sln"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new DirectoryNotFoundException("AgentSociety.sln is in no folder above the tests"), "scenarios", "bases", model);
    }
}
