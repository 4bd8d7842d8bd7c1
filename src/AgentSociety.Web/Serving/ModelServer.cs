using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Kernel;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AgentSociety.Web.Serving;

/// <summary>Serves a local model with any of its adapters to everything that speaks the OpenAI protocol: chat completions and the list of models.</summary>
/// <remarks>
/// At loopback by default, where the host's name is checked so that no page of another site can reach it through a name of its own (DNS rebinding);
/// elsewhere only with a token.
/// </remarks>
public static class ModelServer
{
    /// <summary>Name of the meter that counts the requests refused for want of room, <c>serving.refused</c>.</summary>
    public const string MeterName = "AgentSociety.Serving";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("serving.refused", "{request}", "Requests that were told to come again");

    /// <summary>Starts serving. Dispose what is returned to stop.</summary>
    /// <param name="chat">The model; stays the caller's.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="SocietyException">The address needs a token, or cannot be listened at.</exception>
    public static async Task<RunningModelServer> StartAsync(LocalChat chat, ModelServerOptions options, CancellationToken cancellation = default)
    {
        bool loopback = IPAddress.IsLoopback(options.Listen);
        if (!loopback && string.IsNullOrEmpty(options.Token)) throw new SocietyException($"serving at {options.Listen} lets others in; give a token that they must send, or listen at 127.0.0.1");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(ModelServer).Assembly.GetName().Name });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Listen, options.Port);
            kestrel.Limits.MaxRequestBodySize = options.MaximumRequestBytes;
            kestrel.AddServerHeader = false;
        });
        WebApplication application = builder.Build();
        application.Use((context, next) => GuardAsync(context, next, options, loopback));
        CompletionEndpoint completions = new(chat, options.MaximumAnswers, options.MaximumTime);
        application.MapPost("/v1/chat/completions", completions.AnswerAsync);
        application.MapGet("/v1/models", context => context.Response.WriteAsJsonAsync(new ModelList("list", [.. chat.Names.Select(Entry)]), Replies.Json));
        application.MapGet("/v1/models/{*name}", context =>
        {
            string name = (string)context.Request.RouteValues["name"]!;
            return chat.Names.Contains(name) ? context.Response.WriteAsJsonAsync(Entry(name), Replies.Json)
                : throw new RequestFault(404, $"there is no model '{name}' here; there are {string.Join(", ", chat.Names)}", "model", "model_not_found");
        });
        application.MapFallback(context => throw new RequestFault(404, $"there is nothing at {context.Request.Path}; there are /v1/chat/completions and /v1/models"));
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException taken)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new SocietyException($"{options.Listen}:{options.Port} cannot be listened at ({taken.Message}); choose another port", cause: taken);
        }

        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new RunningModelServer(application, new Uri($"{address}/v1"));
    }

    private static ModelEntry Entry(string name) => new(name, "model", 0, "agentsociety");

    /// <summary>Lets in who may come in, and answers every failure in the protocol's own form.</summary>
    private static async Task GuardAsync(HttpContext context, RequestDelegate next, ModelServerOptions options, bool loopback)
    {
        try
        {
            if (loopback && !(context.Request.Host.Host is "localhost" || (IPAddress.TryParse(context.Request.Host.Host.Trim('[', ']'), out IPAddress? host) && IPAddress.IsLoopback(host))))
                throw new RequestFault(403, "this server is asked for by another host's name; use localhost or 127.0.0.1");
            if (!string.IsNullOrEmpty(options.Token) && !Matches(context.Request.Headers.Authorization.ToString(), options.Token))
                throw new RequestFault(401, "the API key is missing or wrong", code: "invalid_api_key");
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left: nobody is there to be told.
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            RequestFault told = fault switch
            {
                RequestFault known => known,
                BadHttpRequestException bad => new RequestFault(bad.StatusCode, bad.Message),
                SocietyException { Busy: true } => new RequestFault(429, fault.Message, code: CompletionEndpoint.Busy),
                SocietyException impossible => new RequestFault(400, impossible.Message, "messages"),
                ObjectDisposedException => new RequestFault(503, CompletionEndpoint.Said(fault)),
                _ => new RequestFault(500, CompletionEndpoint.Defect),
            };
            if (told.Status == 500) options.Report?.Invoke(fault);
            if (told.Status == 429)
            {
                Refused.Add(1);
                context.Response.Headers.RetryAfter = "1";
            }

            context.Response.StatusCode = told.Status;
            if (told.Status == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
            await context.Response.WriteAsJsonAsync(told.Reply, Replies.Json).ConfigureAwait(false);
        }
        catch (Exception defect)
        {
            // The answer has begun, so that its status cannot tell; the server breaks the connection off behind what was sent.
            options.Report?.Invoke(defect);
            throw;
        }
    }

    private static bool Matches(string authorization, string token) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization)), SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {token}")));
}

/// <summary>A model that is being served.</summary>
public sealed class RunningModelServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    internal RunningModelServer(WebApplication application, Uri address)
    {
        _application = application;
        Address = address;
    }

    /// <summary>What clients are given as the endpoint, such as <c>http://127.0.0.1:8000/v1</c>.</summary>
    public Uri Address { get; }

    /// <summary>Waits until the process is asked to end, such as by Ctrl+C, or the token is cancelled.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _application.WaitForShutdownAsync(cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
