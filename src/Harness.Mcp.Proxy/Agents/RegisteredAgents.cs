using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>The registered agents in force. A folder with a mistake changes nothing: the last good registry stays, and the log says why.</summary>
public sealed class RegisteredAgents
{
    private readonly ILogger<RegisteredAgents> _logger;
    private readonly Lock _reloading = new();
    private volatile AgentRegistry _current;

    /// <param name="folder">Absolute path of `agents/`.</param>
    /// <exception cref="InvalidDataException">The folder has mistakes, and there is no last good registry yet; the message names each.</exception>
    public RegisteredAgents(string folder, ILogger<RegisteredAgents> logger)
    {
        Folder = folder;
        _logger = logger;
        var loaded = AgentRegistry.Load(folder);
        _current = loaded.IsValid ? loaded.Value : throw new InvalidDataException(string.Join(Environment.NewLine, loaded.Problems));
    }

    /// <summary>Raised after each reading, good or not; may be raised on any thread, and must not be blocked.</summary>
    public event Action? Read;

    public string Folder { get; }

    public AgentRegistry Current => _current;

    /// <summary>Reads the folder again.</summary>
    /// <returns>Why the last good registry stays in force; empty where the new one is.</returns>
    public ImmutableArray<Problem> Reload()
    {
        Parsed<AgentRegistry> loaded;
        lock (_reloading)
        {
            loaded = AgentRegistry.Load(Folder);
            if (loaded.IsValid)
            {
                _current = loaded.Value;
                AgentsLog.Reloaded(_logger, loaded.Value.Agents.Length);
            }
            else
            {
                foreach (var problem in loaded.Problems)
                    AgentsLog.ReloadRefused(_logger, problem);
            }
        }

        Read?.Invoke();
        return loaded.Problems;
    }
}
