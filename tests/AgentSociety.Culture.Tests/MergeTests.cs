using System.Diagnostics;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class MergeTests
{
    private static readonly Gen<string> Text = Gen.Char['a', 'd'].Select(line => $"{line}\n").List[0, 12].Select(lines => string.Concat(lines));

    [Fact]
    public void Hunks_turn_one_text_into_the_other_and_are_as_few_lines_as_can_be() => Gen.Select(Text, Text).Sample((before, after) =>
    {
        string[] from = LineDiff.Lines(before), to = LineDiff.Lines(after);
        Assert.Equal(from.Length + to.Length - (2 * LongestCommon(from, to)), Turned(before, after).Sum(hunk => hunk.OldCount + hunk.NewCount));
    }, iter: 5_000);

    // Lines from few letters in any order: thousands of edits, far more than the search for the shortest goes.
    [Fact]
    public void Hunks_of_texts_that_are_far_apart_turn_one_into_the_other_too() => Gen.Select(Long, Long, Gen.Int[0, 400]).Sample((before, after, shared) =>
    {
        string both = string.Concat(Enumerable.Range(0, shared).Select(line => $"shared {line}\n"));
        Turned(before + both + after, after + both + before);
    }, iter: 30);

    private static readonly Gen<string> Long = Gen.Select(Gen.Int[1, 40], Gen.Int[0, 2_500], Gen.Int[0, int.MaxValue])
        .Select((letters, lines, seed) => string.Concat(new Random(seed).GetItems(Enumerable.Range(0, letters).Select(letter => $"{letter}\n").ToArray(), lines)));

    [Theory]
    [InlineData(0, 30_000)]
    [InlineData(30_000, 30_000)]
    [InlineData(1, 2)]
    [InlineData(1, 500)]
    public void The_largest_pages_are_compared_in_a_time_that_holds_up_nobody(int first, int letters)
    {
        // Pages of 50,000 lines: without a line in common, and with all lines in common in another order.
        string[] from = [.. new Random(1).GetItems(Enumerable.Range(0, letters).Select(letter => $"{(char)('!' + letter)}\n").ToArray(), 50_000)];
        string[] to = first == letters ? [.. from.Select(line => $"{(char)(line[0] + first)}\n")] : [.. from];
        if (first != letters) new Random(2).Shuffle(to);
        Stopwatch watch = Stopwatch.StartNew();
        Turned(string.Concat(from), string.Concat(to));
        // Without a limit these take minutes; a busy machine needs some seconds.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    private static IReadOnlyList<Hunk> Turned(string before, string after)
    {
        string[] to = LineDiff.Lines(after), from = LineDiff.Lines(before);
        List<string> built = [];
        int done = 0;
        IReadOnlyList<Hunk> hunks = LineDiff.Between(before, after);
        foreach (Hunk hunk in hunks)
        {
            built.AddRange(from[done..hunk.OldStart]);
            Assert.Equal(hunk.NewStart, built.Count);
            built.AddRange(to[hunk.NewStart..hunk.NewEnd]);
            done = hunk.OldEnd;
        }

        built.AddRange(from[done..]);
        Assert.True(to.SequenceEqual(built));
        return hunks;
    }

    [Fact]
    public void A_side_that_changed_nothing_takes_the_other_and_sides_may_be_swapped() => Gen.Select(Text, Text, Text).Sample((start, mine, theirs) =>
    {
        Assert.Equal(new MergeOutcome(mine, 0), ThreeWayMerge.Merge(start, mine, start));
        Assert.Equal(new MergeOutcome(mine, 0), ThreeWayMerge.Merge(start, start, mine));
        Assert.Equal(new MergeOutcome(mine, 0), ThreeWayMerge.Merge(start, mine, mine));
        MergeOutcome one = ThreeWayMerge.Merge(start, mine, theirs), other = ThreeWayMerge.Merge(start, theirs, mine);
        Assert.Equal(one.Conflicts, other.Conflicts);
        if (one.Clean) Assert.Equal(one.Text, other.Text);
    }, iter: 5_000);

    // Lines are distinct, so that the shortest edit is unique and both programs must see the same hunks.
    private static readonly Gen<(string Base, string Mine, string Theirs)> Edits =
        Gen.Select(Gen.Int[0, 5].Array[24], Gen.Int[0, 5].Array[24], Gen.Int[1, 12]).Select((mine, theirs, count) =>
        {
            string Side(int[] acts, string who) => string.Concat(Enumerable.Range(0, count).Select(line => acts[line] switch
            {
                0 => "",
                1 => $"line {line}\nnew {who} {line}\n",
                2 => $"changed {who} {line}\n",
                3 => $"agreed {line}\n",
                _ => $"line {line}\n",
            }));
            return (string.Concat(Enumerable.Range(0, count).Select(line => $"line {line}\n")), Side(mine, "m"), Side(theirs, "t"));
        });

    [Fact]
    public void Merges_are_those_of_git() => CompareWithGit(150);

    [Fact, Trait("Category", "Long")]
    public void Thousands_of_merges_are_those_of_git() => CompareWithGit(5_000);

    private static void CompareWithGit(int merges)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("merge-");
        Edits.Sample(texts =>
        {
            string Put(string name, string text)
            {
                string path = Path.Combine(directory.FullName, name);
                File.WriteAllText(path, text);
                return path;
            }

            ProcessStartInfo start = new("git", ["merge-file", "-p", "-q", Put("mine", texts.Mine), Put("base", texts.Base), Put("theirs", texts.Theirs)]) { RedirectStandardOutput = true };
            using Process git = Process.Start(start)!;
            string merged = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            MergeOutcome ours = ThreeWayMerge.Merge(texts.Base, texts.Mine, texts.Theirs);
            Assert.Equal(git.ExitCode == 0, ours.Clean);
            if (ours.Clean) Assert.Equal(merged, ours.Text);
        }, iter: merges, threads: 1);
        directory.Delete(recursive: true);
    }

    // Each side replaces, removes or inserts whole blocks of one repeated line between anchors, which are long enough that no shortest edit gives one up.
    private static readonly Gen<(int[] Base, int[] Mine, int[] Theirs)> Blocks = Gen.Select(Gen.Int[0, 3].Array[6], Gen.Int[0, 3].Array[6], Gen.Int[0, 3].Array[6], Gen.Bool.Array[6])
        .Select((start, mine, theirs, who) => (start, start.Select((block, at) => who[at] ? mine[at] : block).ToArray(), start.Select((block, at) => who[at] ? block : theirs[at]).ToArray()));

    [Fact]
    public void Changes_between_lines_that_nobody_touched_are_all_kept_also_where_lines_repeat() => Blocks.Sample(texts =>
    {
        static string Text(int[] blocks) => string.Concat(blocks.Select((block, at) => $"{string.Concat(Enumerable.Repeat("same\n", block))}{string.Concat(Enumerable.Range(0, 8).Select(line => $"anchor {at} {line}\n"))}"));
        int[] both = [.. texts.Base.Select((block, at) => texts.Mine[at] != block ? texts.Mine[at] : texts.Theirs[at])];
        Assert.Equal(new MergeOutcome(Text(both), 0), ThreeWayMerge.Merge(Text(texts.Base), Text(texts.Mine), Text(texts.Theirs)));
    }, iter: 5_000);

    private static int LongestCommon(string[] a, string[] b)
    {
        int[,] longest = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
            for (int j = 1; j <= b.Length; j++)
                longest[i, j] = a[i - 1] == b[j - 1] ? longest[i - 1, j - 1] + 1 : Math.Max(longest[i - 1, j], longest[i, j - 1]);
        return longest[a.Length, b.Length];
    }
}
