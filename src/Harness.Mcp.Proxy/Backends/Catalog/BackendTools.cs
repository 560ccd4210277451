using System.Collections.Immutable;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>
/// The tools of one backend, and what else it offers: what it listed last, held against the pins. Until it has listed anything, the pins alone.
/// </summary>
internal sealed class BackendTools
{
    private readonly PinFolder _pins;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _access = new();
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private BackendConfig _config;
    private ImmutableArray<ToolDefinition>? _listed;
    private ImmutableArray<ToolDefinition> _prompts = [];
    private ImmutableArray<ToolDefinition> _templates = [];
    private ImmutableArray<ListedResource> _resources = [];
    private ReadOffers _offers = ReadOffers.None;
    private ImmutableDictionary<string, JudgedTool> _tools = ImmutableDictionary<string, JudgedTool>.Empty;
    private BackendReads _reads;

    public BackendTools(BackendConfig config, PinFolder pins, TimeProvider time, ILogger logger)
    {
        _config = config;
        _pins = pins;
        _time = time;
        _logger = logger;
        _reads = BackendReads.Of(config, _offers, [], []);
        Review();
    }

    public IEnumerable<JudgedTool> All => Volatile.Read(ref _tools).Values;

    /// <summary>What the backend offers besides tools.</summary>
    public BackendReads Reads => Volatile.Read(ref _reads);

    public JudgedTool? Find(string tool) => Volatile.Read(ref _tools).GetValueOrDefault(tool);

    public void Listed(BackendListing listing)
    {
        lock (_access)
        {
            _offers = listing.Offers;
            if (listing.Tools is { } tools)
                _listed = ToolDefinition.ReadAll(tools, _config.Id.Value, Refuse);
            if (listing.Prompts is { } prompts)
                _prompts = [.. ReadDefinition.ReadAll(ReadKind.Prompt, prompts, Refuse)];
            if (listing.Templates is { } templates)
                _templates = [.. ReadDefinition.ReadAll(ReadKind.Template, templates, Refuse)];
            if (listing.Resources is { } resources)
                _resources = ListedResource.ReadAll(resources, Refuse);
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

        var instructions = _offers.Instructions is { } text ? ReadDefinition.ReadAll(ReadKind.Instructions, [ReadDefinition.OfInstructions(text)], Refuse) : [];
        var review = ToolReview.Of(
            _config, [.. listed, .. _prompts, .. _templates, .. instructions], pins, areReadable, _time.GetUtcNow(), Refuse);
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

        Volatile.Write(ref _tools, tools.Where(tool => tool.Definition.IsTool).ToImmutableDictionary(tool => tool.Definition.Name, StringComparer.Ordinal));
        Volatile.Write(ref _reads, BackendReads.Of(_config, _offers, _resources, [.. tools.Where(tool => !tool.Definition.IsTool)]));
    }

    private void Refuse(string tool, string reason)
    {
        lock (_access)
            if (_said.Add($"{tool} {reason}"))
                BackendLog.ToolRefused(_logger, new ToolId(_config.Id, tool), reason);
    }
}
