using AgentSociety.Core;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentSociety.Web;

/// <summary>Says what went wrong in one line: as a page to people, as JSON to programs.</summary>
internal static class FaultPages
{
    /// <summary>A page that says that something is not there.</summary>
    internal static IResult NotFound(string message) => new Fault(StatusCodes.Status404NotFound, message);

    /// <summary>A page that says why a request was refused.</summary>
    internal static IResult Refused(string message) => new Fault(StatusCodes.Status400BadRequest, message);

    private static IResult TooLarge => new Fault(StatusCodes.Status413PayloadTooLarge, "The request is larger than is allowed.");

    internal static async Task Catch(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (SocietyException fault) when (!context.Response.HasStarted)
        {
            int status = fault.Missing ? StatusCodes.Status404NotFound : fault.BadInput ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable;
            await new Fault(status, fault.Message).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await Bad(context, fault, context.Features.Get<IAntiforgeryValidationFeature>()).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (InvalidDataException) when (!context.Response.HasStarted)
        {
            await TooLarge.ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private static IResult Bad(HttpContext context, BadHttpRequestException fault, IAntiforgeryValidationFeature? form) => (fault.StatusCode, form) switch
    {
        (StatusCodes.Status413PayloadTooLarge, _) => TooLarge,
        // A form that is too large cannot be read for its token.
        (_, { IsValid: false, Error.InnerException: BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } or InvalidDataException }) => TooLarge,
        (_, { IsValid: false }) => EditingEndpoints.Unsent(context) ?? Refused("The form is out of date or did not come from this page; reload it and send it again."),
        _ => new Fault(fault.StatusCode, "The request cannot be read."),
    };

    private sealed class Fault(int status, string message) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = status;
            IResult result = context.Request.Path.StartsWithSegments("/api")
                ? Results.Json(new { error = message }, statusCode: status)
                : new RazorComponentResult<FaultPage>(new { Status = status, Message = message }) { StatusCode = status };
            // A page that failed has used up the renderer of its scope, and left a header that the next page adds again.
            context.Response.Headers.Remove("blazor-enhanced-nav");
            IServiceProvider before = context.RequestServices;
            AsyncServiceScope scope = before.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                context.RequestServices = scope.ServiceProvider;
                await result.ExecuteAsync(context).ConfigureAwait(false);
                context.RequestServices = before;
            }
        }
    }
}
