using System.Text;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Models.Patterns;
using CsCheck;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class PatternTests
{
    [Theory]
    [InlineData("ab*c|d", "d", "ac", "abbbc")]
    [InlineData(@"^\{""answer"": -?\d{1,3}\}$", "{\"answer\": -12}", "{\"answer\": 7}")]
    [InlineData("(?:yes|no)[.!]?", "yes", "no!", "no.")]
    [InlineData("[^a-y]{2}", "zü", "😀\n")]
    [InlineData("ü+[à-ï]", "üüé")]
    [InlineData(".*", "", "any text, 中文 too")]
    [InlineData(@"\x41é\$", "Aé$")]
    [InlineData("[]a-]+", "]a-")]
    public void A_pattern_accepts_its_texts(string pattern, params string[] texts)
    {
        PatternAutomaton automaton = PatternAutomaton.Build(pattern);
        foreach (string text in texts) Assert.True(Accepts(automaton, text), $"{pattern}: {text}");
    }

    [Fact]
    public void A_pattern_accepts_what_the_regular_expressions_of_the_platform_accept()
    {
        // An independent oracle: .NET's own engine, on patterns made of what both understand.
        Gen<string> atom = Gen.OneOf(Gen.OneOf("a", "b", "c", "é", "0", ".", "[ab]", "[^a]", @"\d", @"\w", @"\s"), Gen.OneOf("(a|b)", "(ab|c0)", "(?:a|)"));
        Gen<string> piece = Gen.Select(atom, Gen.OneOf("", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"), (part, times) => part + times);
        Gen<string> branch = piece.Array[0, 4].Select(string.Concat);
        Gen<string> pattern = branch.Array[1, 3].Select(branches => string.Join('|', branches));
        Gen<string> text = Gen.OneOf("a", "b", "c", "é", "0", " ", "\n", "x").Array[0, 7].Select(string.Concat);
        Gen.Select(pattern, text.Array[12]).Sample((made, texts) =>
        {
            PatternAutomaton automaton = PatternAutomaton.Build(made);
            Regex oracle = new($@"\A(?:{made})\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript);
            foreach (string one in texts)
            {
                // ECMAScript makes \w and \d ASCII as here; its \s is wider only beyond ASCII.
                Assert.True(oracle.IsMatch(one) == Accepts(automaton, one), $"{made} on '{one}'");
            }
        }, iter: 3000);
    }

    [Theory]
    [InlineData("a(b", ")")]
    [InlineData("a)", "(")]
    [InlineData("[ab", "]")]
    [InlineData("*a", "repeat")]
    [InlineData("a{2", "{n}")]
    [InlineData("a{3,2}", "lesser")]
    [InlineData("a{1,2000}", "1000")]
    [InlineData("(?=a)", "looking")]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"\bword", @"\b")]
    [InlineData("a*?", "lazy")]
    [InlineData("a**", "group")]
    [InlineData("a{1}{2}", "group")]
    [InlineData("[z-a]", "range")]
    [InlineData("a^b", "inside")]
    [InlineData("((a{1000}){1000})", "parts")]
    [InlineData("(a|b)*a(a|b){14}", "states")]
    public void What_cannot_be_carried_out_is_refused_by_its_place(string pattern, string named)
    {
        SocietyException refused = Assert.Throws<SocietyException>(() => PatternAutomaton.Build(pattern));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("pattern '", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Repetitions_on_repetitions_are_refused_and_not_a_crash()
    {
        string message = Assert.Throws<SocietyException>(() => PatternAutomaton.Build("a" + string.Concat(Enumerable.Repeat("{1}", 24_000)))).Message;
        Assert.InRange(message.Length, 1, 500);
        Assert.Throws<SocietyException>(() => StringPattern.Of("a" + new string('*', 300_000)));
    }

    [Fact]
    public void A_pattern_of_very_many_characters_is_refused_before_it_is_read()
    {
        string pattern = new('.', 4_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<SocietyException>(() => PatternAutomaton.Build(pattern)).Message;
        Assert.Contains("200000", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 500);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public async Task A_form_is_prepared_or_refused_once_however_many_ask_for_it()
    {
        using LanguageModel model = Torch.Model();
        AnswerForm[] same = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => model.PrepareAsync("a*b", null)));
        Assert.Single(same.Distinct());
        foreach (int _ in Enumerable.Range(0, 64)) Assert.Contains("looking", (await Assert.ThrowsAsync<SocietyException>(() => model.PrepareAsync("(?=a)", null))).Message, StringComparison.Ordinal);
        foreach (int _ in Enumerable.Range(0, 64)) await Assert.ThrowsAsync<SocietyException>(() => model.PrepareAsync(null, "{"));
        Assert.Equal(3, model.Forms.Prepared);
        // Others push it out, and it is prepared again.
        for (int index = 0; index < 100; index++) await model.PrepareAsync($"a{{{index}}}", null);
        Assert.NotSame(same[0], await model.PrepareAsync("a*b", null));
        await Assert.ThrowsAsync<SocietyException>(() => model.PrepareAsync("a", "{}"));
    }

    [Theory]
    [InlineData("one of sixty letters, or none, sixty times", true)]
    [InlineData("each of sixty letters or none, sixty times", false)]
    [InlineData("a word of many, or none, two hundred times", false)]
    public async Task A_short_pattern_is_prepared_or_refused_in_a_moment(string kind, bool built)
    {
        string letters = string.Concat(Enumerable.Range('A', 60).Select(letter => (char)letter));
        string pattern = kind[0] switch
        {
            'o' => $"(?:(?:{string.Join('|', letters.Select(letter => $@"\x{(int)letter:X2}"))})?){{60}}",
            'e' => $"(?:{string.Concat(letters.Select(letter => $@"\x{(int)letter:X2}?"))}){{60}}",
            _ => $"(?:(?:{string.Join('|', Enumerable.Range(10, 60).Select(word => $"{word}{word}"))})?){{200}}",
        };
        Task<SocietyException?> work = Task.Run(() =>
        {
            try
            {
                PatternAutomaton automaton = PatternAutomaton.Build(pattern);
                Assert.True(kind[0] != 'o' || Accepts(automaton, letters));
                return null;
            }
            catch (SocietyException refused)
            {
                return refused;
            }
        });
        SocietyException? refused = await work.WaitAsync(TimeSpan.FromSeconds(30));
        if (built) Assert.Null(refused);
        else if (refused is not null) Assert.Matches("too long to prepare|states|parts", refused.Message);
    }

    [Fact]
    public void Any_text_is_a_pattern_or_refused()
    {
        Gen.OneOf(Gen.String[Gen.Char["ab(|)[]{}*+?.\\^$-,019dwsu é"], 0, 20], Gen.String[0, 20]).Sample(text =>
        {
            try
            {
                PatternAutomaton.Build(text);
            }
            catch (SocietyException refused)
            {
                Assert.StartsWith("pattern '", refused.Message, StringComparison.Ordinal);
            }
        }, iter: 5000);
    }

    [Theory]
    [InlineData("characters")]
    [InlineData("bytes")]
    public void The_tokens_that_may_follow_are_those_that_some_text_goes_on_with(string kind)
    {
        ITokenizer tokenizer = kind == "bytes" ? BytePairTrainer.Train(Texts.Library, 400) : new CharacterTokenizer(Torch.Alphabet);
        string pattern = kind == "bytes" ? @"(the|an?) [a-zé]{2,6}( \d+)?" : @"a?(b|c[de]*)=\d{1,2}#|ü";
        PatternAutomaton automaton = PatternAutomaton.Build(pattern);
        TokenPattern tokens = new(automaton, new TokenBytes(tokenizer), [tokenizer.EndOfText]);
        Assert.True(tokens.Possible);
        for (int state = 0; state < automaton.States; state++)
        {
            float[] logits = new float[tokenizer.VocabularySize];
            tokens.Restrict(logits, state, mayEnd: true);
            for (int token = 0; token < logits.Length; token++)
            {
                int after = state;
                foreach (byte value in tokenizer.BytesOf(token).Span) after = after < 0 ? after : automaton.Next(after, value);
                bool follows = token == tokenizer.EndOfText ? automaton.Accepts(state) : after >= 0 && tokenizer.BytesOf(token).Length > 0;
                Assert.True(follows == logits[token] > float.NegativeInfinity, $"state {state}, token {token}");
            }
        }
    }

    [Fact]
    public void A_vocabulary_that_cannot_write_the_text_is_known_to_and_its_dead_ends_are_avoided()
    {
        CharacterTokenizer tokenizer = new("abc");
        TokenBytes tokens = new(tokenizer);
        Assert.False(new TokenPattern(PatternAutomaton.Build("ax"), tokens, [tokenizer.EndOfText]).Possible);
        PatternAutomaton automaton = PatternAutomaton.Build("ax|bc");
        TokenPattern either = new(automaton, tokens, [tokenizer.EndOfText]);
        float[] logits = new float[tokenizer.VocabularySize];
        Assert.True(either.Restrict(logits, 0, mayEnd: true));
        Assert.Equal("b", tokenizer.Decode([.. Enumerable.Range(0, logits.Length).Where(token => logits[token] == 0)]));
    }

    private static bool Accepts(PatternAutomaton automaton, string text)
    {
        int state = 0;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            state = automaton.Next(state, value);
            if (state == PatternAutomaton.None) return false;
        }

        return automaton.Accepts(state);
    }
}
