using System.Security.Cryptography;
using System.Text;

namespace AgentSociety.Web;

/// <summary>Lets in only who knows the token: as <c>Authorization: Bearer</c>, or once in the address, which leaves a cookie.</summary>
internal sealed class TokenGate(string token)
{
    internal const string QueryName = "token";
    private const string CookieName = "agentsociety-token";

    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    internal Task Check(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        if (request.Query[QueryName].ToString() is { Length: > 0 } given && HttpMethods.IsGet(request.Method) && Matches(given))
        {
            context.Response.Cookies.Append(CookieName, given, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
            // The token leaves the address, so that it is not in the history and not in a copied link.
            context.Response.Redirect(request.Path + QueryString.Create(request.Query.Where(pair => pair.Key != QueryName)));
            return Task.CompletedTask;
        }

        const string scheme = "Bearer ";
        string header = request.Headers.Authorization.ToString();
        if (Matches(request.Cookies[CookieName]) || (header.StartsWith(scheme, StringComparison.Ordinal) && Matches(header[scheme.Length..]))) return next(context);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.WriteAsync("This server asks for a token: open the address that it printed when it started.\n");
    }

    private bool Matches(string? given) => given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), _hash);
}
