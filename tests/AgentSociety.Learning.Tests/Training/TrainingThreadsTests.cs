using System.Collections.Concurrent;

namespace AgentSociety.Learning.Tests;

public sealed class TrainingThreadsTests
{
    [Fact]
    public void Every_share_is_done_once_on_no_more_threads_than_asked_for_and_always_the_same_ones()
    {
        ConcurrentBag<int> done = [];
        ConcurrentDictionary<string, bool> threads = [];
        for (int run = 0; run < 20; run++)
        {
            TrainingThreads.Run(25, 3, share =>
            {
                done.Add(share);
                threads[Thread.CurrentThread.Name ?? ""] = true;
            });
        }

        Assert.Equal(Enumerable.Range(0, 25).SelectMany(share => Enumerable.Repeat(share, 20)), done.Order());
        Assert.All(threads.Keys, name => Assert.StartsWith("training-", name));
    }

    [Fact]
    public void Work_within_a_share_is_done_by_the_thread_of_the_share()
    {
        ConcurrentBag<bool> same = [];
        TrainingThreads.Run(4, 2, _ =>
        {
            int outside = Environment.CurrentManagedThreadId;
            TrainingThreads.Run(5, 2, _ => same.Add(Environment.CurrentManagedThreadId == outside));
        });
        Assert.Equal(Enumerable.Repeat(true, 20), same);
    }

    [Fact]
    public void A_share_that_fails_fails_the_whole_with_its_error_and_the_threads_go_on()
    {
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => TrainingThreads.Run(100, 2, share => throw new InvalidOperationException("of a share")));
        Assert.Equal("of a share", failure.Message);
        int done = 0;
        TrainingThreads.Run(10, 2, _ => Interlocked.Increment(ref done));
        Assert.Equal(10, done);
    }
}
