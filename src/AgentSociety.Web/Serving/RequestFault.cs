namespace AgentSociety.Web.Serving;

/// <summary>A request that is answered with an error of the OpenAI protocol.</summary>
internal sealed class RequestFault(int status, string message, string? parameter = null, string? code = null) : Exception(message)
{
    public int Status { get; } = status;

    public ErrorReply Reply => new(new ErrorDetail(Message, Status switch
    {
        401 => "authentication_error",
        429 or >= 500 => "server_error",
        _ => "invalid_request_error",
    }, parameter, code));
}
