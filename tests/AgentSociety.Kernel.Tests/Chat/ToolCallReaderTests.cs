using System.Text.Json;
using CsCheck;

namespace AgentSociety.Kernel.Tests;

public sealed class ToolCallReaderTests
{
    private static readonly ChatFunction Read = new("read", "", JsonSerializer.SerializeToElement(new { }));

    [Theory]
    [InlineData("hello", "hello", "")]
    [InlineData("I look.\n<tool_call>\n{\"name\": \"read\", \"arguments\": {\"page\": \"a\"}}\n</tool_call>", "I look.", "read{\"page\": \"a\"}")]
    [InlineData("<tool_call>{\"name\":\"read\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"read\",\"arguments\":{\"n\":1}}</tool_call>", "", "read{} read{\"n\":1}")]
    [InlineData("<tool_call>{\"name\":\"read\",\"arguments\":{}}", "", "read{}")]
    [InlineData("{\"name\": \"read\", \"parameters\": {\"page\": \"a\"}}", "", "read{\"page\": \"a\"}")]
    [InlineData("{\"name\": \"destroy\", \"parameters\": {}}", "{\"name\": \"destroy\", \"parameters\": {}}", "")]
    [InlineData("<tool_call>not json</tool_call> then", "<tool_call>not json</tool_call> then", "")]
    [InlineData("<tool_call>{\"name\":\"read\",\"arguments\":\"text\"}</tool_call>", "<tool_call>{\"name\":\"read\",\"arguments\":\"text\"}</tool_call>", "")]
    [InlineData("a < b and <tool", "a < b and <tool", "")]
    [InlineData("{ open", "{ open", "")]
    [InlineData("  \n", "  \n", "")]
    public void Calls_are_found_and_everything_else_stays_text_however_it_is_cut(string written, string text, string calls) =>
        Gen.Int[1, 9].Array[1, 40].Sample(cuts =>
        {
            int id = 0;
            ToolCallReader reader = new([Read], () => $"{id++}");
            string shown = "";
            List<ChatCall> made = [];
            int place = 0;
            for (int cut = 0; place < written.Length; cut++)
            {
                int next = Math.Min(written.Length, place + cuts[cut % cuts.Length]);
                Take(reader.Add(written[place..next]));
                place = next;
            }

            Take(reader.Finish());
            Assert.Equal(text, shown);
            Assert.Equal(calls, string.Join(' ', made.Select(call => call.Name + call.Arguments)));
            Assert.Equal(made.Count, made.Select(call => call.Id).Distinct().Count());

            void Take((string Text, IReadOnlyList<ChatCall> Calls) got)
            {
                shown += got.Text;
                made.AddRange(got.Calls);
            }
        }, iter: 50);

    [Fact]
    public void Without_functions_nothing_is_held_back()
    {
        ToolCallReader reader = new([], () => "");
        Assert.Equal("{\"name\": <tool_call>", reader.Add("{\"name\": <tool_call>").Text);
    }
}
