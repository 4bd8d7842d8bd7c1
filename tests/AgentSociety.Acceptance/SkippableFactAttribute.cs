using Xunit.Abstractions;
using Xunit.Sdk;

namespace AgentSociety.Acceptance;

/// <summary>A test that finds out only while it runs that this machine lacks what it needs, says so by a <see cref="NotTestedException"/>, and is then skipped, not passed.</summary>
/// <remarks>This version of xUnit knows a reason to skip only before a test runs.</remarks>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("AgentSociety.Acceptance." + nameof(SkippableDiscoverer), "AgentSociety.Acceptance")]
public sealed class SkippableFactAttribute : FactAttribute;

/// <summary>Ends a <see cref="SkippableFactAttribute"/> test that cannot be made here.</summary>
public sealed class NotTestedException(string reason) : Exception(reason);

/// <summary>Finds tests that may skip themselves.</summary>
public sealed class SkippableDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc />
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [new SkippableTestCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)];
}

/// <summary>One test that may skip itself.</summary>
public sealed class SkippableTestCase : XunitTestCase
{
    /// <summary>For the reader of serialized test cases.</summary>
    [Obsolete("for the reader of serialized test cases", error: true)]
    public SkippableTestCase()
    {
    }

    /// <summary>Creates the case.</summary>
    public SkippableTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnostics, display, options, method)
    {
    }

    /// <inheritdoc />
    public override async Task<RunSummary> RunAsync(IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource)
    {
        using SkippingBus bus = new(messageBus);
        RunSummary summary = await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource);
        summary.Failed -= bus.Skipped;
        summary.Skipped += bus.Skipped;
        return summary;
    }

    // Reports as skipped what ended by saying that it was not tested.
    private sealed class SkippingBus(IMessageBus bus) : IMessageBus
    {
        public int Skipped { get; private set; }

        public bool QueueMessage(IMessageSinkMessage message)
        {
            if (message is not ITestFailed { ExceptionTypes: [var type, ..] } failed || type != typeof(NotTestedException).FullName) return bus.QueueMessage(message);
            Skipped++;
            return bus.QueueMessage(new TestSkipped(failed.Test, failed.Messages[0]));
        }

        // The bus belongs to whoever runs the test.
        public void Dispose()
        {
        }
    }
}
