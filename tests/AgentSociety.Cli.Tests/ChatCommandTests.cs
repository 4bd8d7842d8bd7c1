using System.Diagnostics;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Cli.Tests;

/// <summary><c>model chat</c>, as somebody types into it.</summary>
public sealed class ChatCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-").FullName;

    public ChatCommandTests()
    {
        TorchRuntime.Initialize("cpu");
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 64, Context = 128 }, BytePairTrainer.Train(["the cat sat on the mat"], 270), 1);
        model.Save(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_model_without_a_template_says_so_and_continues_each_line_as_it_stands()
    {
        (int code, string said, string troubles) = await Chat(["the cat", "the cat"], "--temperature", "0");
        Assert.Equal(0, code);
        Assert.Contains("no chat template", troubles, StringComparison.Ordinal);
        string first = said[..((said.Length - 2) / 2)];
        Assert.NotEmpty(first);
        Assert.Equal($"{first}\n{first}\n", said);
    }

    [Fact]
    public async Task A_model_with_a_template_is_told_what_was_said_before_and_an_error_ends_no_conversation()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "chat_template.jinja"), "{{ messages[0].content }}{% if messages | length > 1 %}{{ raise_exception('told ' ~ messages | length ~ ', last ' ~ messages[-1].content) }}{% endif %}");
        (int code, string said, string troubles) = await Chat(["the cat", "the mat", "the sat"], "--temperature", "0");
        Assert.Equal(0, code);
        Assert.Single(said.TrimEnd('\n').Split('\n'));
        Assert.Contains("told 3, last the mat", troubles, StringComparison.Ordinal);
        Assert.Contains("told 3, last the sat", troubles, StringComparison.Ordinal);
        Assert.Contains("told 2, last the cat", (await Chat(["the cat"], "--temperature", "0", "--system", "mat")).Troubles, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_holds_nothing_that_a_terminal_takes_for_a_command()
    {
        // Drawn so freely that every byte comes up.
        (_, string said, _) = await Chat([.. Enumerable.Repeat("the cat", 8)], "--temperature", "100");
        Assert.DoesNotContain(said, character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'));
        Assert.Contains('\uFFFD', said);
    }

    private async Task<(int Code, string Said, string Troubles)> Chat(string[] lines, params string[] options)
    {
        ProcessStartInfo start = ProgramProcess.With(["model", "chat", _folder, "--seed", "1", "--max-tokens", "40", "--threads", "1", .. options]);
        start.RedirectStandardInput = true;
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), troubles = process.StandardError.ReadToEndAsync();
        foreach (string line in lines) await process.StandardInput.WriteLineAsync(line);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await said, await troubles);
    }
}
