using System.Net;
using System.Security.Cryptography;
using AgentSociety.Core;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace AgentSociety.Web;

/// <summary>The web app that shows runs and lets people repair their scratchpads.</summary>
/// <remarks>Pages are rendered on the server; scripts add what is live. Nothing is fetched from another host.</remarks>
public sealed class BrowseServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BrowseServer(WebApplication app, Uri address, string? token)
    {
        _app = app;
        Address = address;
        Token = token;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>What visitors must know; null where only this machine can reach it.</summary>
    public string? Token { get; }

    /// <summary>The address to open first: with the token where one is needed.</summary>
    public Uri Entrance => Token is null ? Address : new Uri(Address, $"?{TokenGate.QueryName}={Uri.EscapeDataString(Token)}");

    /// <summary>Serves until it is told to stop.</summary>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="started">Called once it listens.</param>
    /// <exception cref="SocietyException">The directory does not exist, or the address cannot be listened on.</exception>
    public static async Task Run(BrowseOptions options, CancellationToken stop, Action<BrowseServer>? started = null)
    {
        await using BrowseServer server = await Start(options, stop).ConfigureAwait(false);
        started?.Invoke(server);
        try
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Starts serving and returns; disposing ends it.</summary>
    /// <exception cref="SocietyException">The directory does not exist, or the address cannot be listened on.</exception>
    public static async Task<BrowseServer> Start(BrowseOptions options, CancellationToken stop = default)
    {
        if (!Directory.Exists(options.RunsDirectory))
            throw new SocietyException($"{options.RunsDirectory}: there is no such directory; run a scenario first, or name the directory that holds your runs");
        string? token = IPAddress.IsLoopback(options.Listen) ? null : options.Token ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        if (token is { Length: < 16 }) throw new SocietyException("the token is shorter than 16 characters; give a longer one, or none to have one made up");
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(BrowseServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaximumBodySize;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Listen(options.Listen, options.Port);
        });
        // Standard output holds the address alone, for scripts that read it.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        Services(builder.Services, options);
        WebApplication app = builder.Build();
        Pipeline(app, options, token);
        try
        {
            await app.StartAsync(stop).ConfigureAwait(false);
        }
        catch (IOException cause)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new SocietyException($"port {options.Port} of {options.Listen} cannot be listened on ({cause.Message}); name another with --port", cause: cause);
        }

        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new BrowseServer(app, new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "[::1]", StringComparison.Ordinal)), token);
    }

    /// <summary>Ends it: open streams are told, the databases are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static void Services(IServiceCollection services, BrowseOptions options)
    {
        services.AddRouting();
        services.AddRazorComponents();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddHttpContextAccessor();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "agentsociety-form";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.FormFieldName = "_form";
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.Configure<FormOptions>(form =>
        {
            form.ValueLengthLimit = (int)options.MaximumBodySize;
            form.ValueCountLimit = 64;
        });
        services.AddSingleton(options);
        services.AddSingleton<RunLibrary>();
        services.AddHostedService<RunWatcher>();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.KebabCaseLower)));
    }

    private static void Pipeline(WebApplication app, BrowseOptions options, string? token)
    {
        app.Use(SecurityHeaders.Add);
        app.Use(new HostCheck(options).Check);
        if (token is not null) app.Use(new TokenGate(token).Check);
        app.Use(OriginCheck.Check);
        app.Use(FaultPages.Catch);
        app.UseRouting();
        app.UseAntiforgery();
        app.MapSiteFiles();
        app.MapRuns();
        app.MapReading();
        app.MapEditing();
        app.MapSelfPlay();
        app.MapAgents();
        app.MapLive();
        app.MapApi();
        app.MapFallback(() => FaultPages.NotFound("There is no page at this address."));
    }
}
