using System.ComponentModel.DataAnnotations;

namespace Harness.Mcp.Hosting;

/// <summary>Where the agent endpoint listens: the section `Listen`.</summary>
internal sealed class ListenOptions
{
    public const string Section = "Listen";

    /// <summary>
    /// The address that agents connect to. Loopback unless an issuer is configured. Port 0 takes a free one, which the program prints.
    /// </summary>
    [Required, Url]
    public string Url { get; set; } = "http://127.0.0.1:7777";
}

/// <summary>Where parts of the home are: the section `Home`, read before all others.</summary>
internal sealed class HomeOptions
{
    /// <summary>The folder of backend files; a relative one starts at the home. Default: `servers.config`.</summary>
    public string Servers { get; set; } = "servers.config";
}
