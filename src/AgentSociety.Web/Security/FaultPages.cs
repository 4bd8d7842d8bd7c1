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
            // Forms without a valid token end here: the endpoint was not run.
            if (context.Response is { StatusCode: StatusCodes.Status400BadRequest, HasStarted: false } && context.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: false, Error: var error })
            {
                // A form that is too large cannot be read for its token.
                bool large = error?.InnerException is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } or InvalidDataException;
                await (large ? TooLarge : Refused("The form is out of date or did not come from this page; reload it and send it again.")).ExecuteAsync(context).ConfigureAwait(false);
            }
        }
        catch (SocietyException fault) when (!context.Response.HasStarted)
        {
            int status = fault.Message.Contains("there is no ", StringComparison.Ordinal) ? StatusCodes.Status404NotFound : fault.BadInput ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable;
            await new Fault(status, fault.Message).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await (fault.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge : new Fault(fault.StatusCode, "The request cannot be read.")).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (InvalidDataException) when (!context.Response.HasStarted)
        {
            await TooLarge.ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
    }

    private sealed class Fault(int status, string message) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = status;
            IResult result = context.Request.Path.StartsWithSegments("/api")
                ? Results.Json(new { error = message }, statusCode: status)
                : new RazorComponentResult<FaultPage>(new { Status = status, Message = message }) { StatusCode = status };
            return result.ExecuteAsync(context);
        }
    }
}
