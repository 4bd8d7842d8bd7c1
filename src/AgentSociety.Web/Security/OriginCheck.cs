namespace AgentSociety.Web;

/// <summary>Refuses changes that another site's page asks for. Forms carry a token besides; this is what guards the JSON interface.</summary>
internal static class OriginCheck
{
    internal static Task Check(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return next(context);
        string origin = request.Headers.Origin.ToString(), site = request.Headers["Sec-Fetch-Site"].ToString();
        bool foreign = (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.Authority == request.Host.Value))
            || site is "cross-site" or "same-site";
        if (!foreign) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("Changes are taken from this server's own pages only.\n");
    }
}
