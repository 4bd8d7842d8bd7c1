using System.Net;

namespace AgentSociety.Web;

/// <summary>Refuses requests that came by a name which is not this machine's.</summary>
/// <remarks>DNS rebinding: a page of a foreign site lets its own name point to 127.0.0.1 and then counts as the same origin. It cannot choose the Host header, which tells its name.</remarks>
internal sealed class HostCheck(BrowseOptions options)
{
    private readonly bool _loopback = IPAddress.IsLoopback(options.Listen);

    internal Task Check(HttpContext context, RequestDelegate next)
    {
        if (Known(context.Request.Host.Host)) return next(context);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This server does not answer to that name. Open it by its address, or start it with --host NAME.\n");
    }

    private bool Known(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return true;
        // An address is no name that somebody else could let point here.
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)) return !_loopback || IPAddress.IsLoopback(address);
        return !_loopback && (host.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase) || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase));
    }
}
