using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>The tools of one backend: what it listed last, held against the pins. Until it has listed anything, the pins alone.</summary>
internal sealed class BackendTools
{
    private readonly PinFolder _pins;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _access = new();
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private BackendConfig _config;
    private ImmutableArray<ToolDefinition>? _listed;
    private ImmutableDictionary<string, JudgedTool> _tools = ImmutableDictionary<string, JudgedTool>.Empty;

    public BackendTools(BackendConfig config, PinFolder pins, TimeProvider time, ILogger logger)
    {
        _config = config;
        _pins = pins;
        _time = time;
        _logger = logger;
        Review();
    }

    public IEnumerable<JudgedTool> All => Volatile.Read(ref _tools).Values;

    public JudgedTool? Find(string tool) => Volatile.Read(ref _tools).GetValueOrDefault(tool);

    public void Listed(ImmutableArray<JsonElement> definitions)
    {
        var read = ToolDefinition.ReadAll(definitions, _config.Id.Value, Refuse);
        lock (_access)
        {
            _listed = read;
            Review();
        }
    }

    /// <summary>Reads the pins again, as after an approval.</summary>
    public void PinsChanged()
    {
        lock (_access)
            Review();
    }

    public void Apply(BackendConfig config)
    {
        lock (_access)
        {
            _config = config;
            Review();
        }
    }

    private void Review()
    {
        var (pins, areReadable) = ReadPins();
        if (_listed is not { } listed)
        {
            Publish(ToolReview.FromPins(_config, pins, Refuse));
            return;
        }

        var review = ToolReview.Of(_config, listed, pins, areReadable, _time.GetUtcNow(), Refuse);
        if (!TryWrite(review))
        {
            // INVARIANT: what is served as approved is on disk as approved, so that a restart cannot approve something else.
            Publish([.. review.Tools.Select(tool => review.Approved?.Tools.ContainsKey(tool.Definition.Name) == true ? tool with { Standing = ToolStanding.Unapproved } : tool)]);
            return;
        }

        Publish(review.Tools);
    }

    private (PinFile? Pins, bool AreReadable) ReadPins()
    {
        try
        {
            return (_pins.ReadApproved(_config.Id.Value), true);
        }
        catch (IOException failure)
        {
            BackendLog.PinsUnreadable(_logger, _config.Id, failure.Message);
            return (null, false);
        }
    }

    private bool TryWrite(ToolReview review)
    {
        try
        {
            if (review.Approved is { } approved)
            {
                _pins.WriteApproved(approved);
                BackendLog.ToolsPinned(_logger, _config.Id, approved.Tools.Count);
            }

            _pins.WritePending(review.Pending);
            return true;
        }
        catch (IOException failure)
        {
            BackendLog.StateNotWritten(_logger, _config.Id, failure.Message);
            return review.Approved is null;
        }
    }

    private void Publish(ImmutableArray<JudgedTool> tools)
    {
        foreach (var tool in tools)
        {
            var id = new ToolId(_config.Id, VisibleText.Escape(tool.Definition.Name));
            if (tool.Standing == ToolStanding.Approved || !_said.Add($"{tool.Standing} {id}"))
                continue;
            if (tool.Standing == ToolStanding.Drifted)
                BackendLog.ToolDrifted(_logger, id, _config.Id);
            else
                BackendLog.ToolUnapproved(_logger, id, _config.Id);
        }

        Volatile.Write(ref _tools, tools.ToImmutableDictionary(tool => tool.Definition.Name, StringComparer.Ordinal));
    }

    private void Refuse(string tool, string reason)
    {
        lock (_access)
            if (_said.Add($"{tool} {reason}"))
                BackendLog.ToolRefused(_logger, new ToolId(_config.Id, tool), reason);
    }
}
