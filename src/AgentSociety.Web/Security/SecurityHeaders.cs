namespace AgentSociety.Web;

/// <summary>What browsers are told to refuse.</summary>
/// <remarks>No script, style, frame, form target or request but this server's own, and none of it inline: text of an agent that slipped through as markup could do nothing.</remarks>
internal static class SecurityHeaders
{
    internal const string ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    internal static Task Add(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        return next(context);
    }
}
