using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>A prompt or a resource template with its standing.</summary>
/// <param name="Name">The prompt's own name, or the template's text.</param>
/// <param name="Pattern">The template's text, compiled; null for a prompt.</param>
internal sealed record JudgedRead(string Name, ToolDefinition Definition, ToolStanding Standing, UriPattern? Pattern);

/// <summary>What one backend offers besides tools, at one moment.</summary>
internal sealed record BackendReads
{
    /// <summary>What `resources/read` is where no template describes the URI.</summary>
    private static readonly Digest PlainDefinition = Digest.Of(JsonElement.Parse("""{"method":"resources/read"}"""));

    private readonly BackendConfig _config;

    private BackendReads(BackendConfig config) => _config = config;

    public BackendId Id => _config.Id;

    public NameForm Form => _config.Expose;

    public required ReadOffers Offers { get; init; }

    /// <summary>Sorted by URI.</summary>
    public required ImmutableArray<ListedResource> Resources { get; init; }

    public required ImmutableArray<JudgedRead> Templates { get; init; }

    public required ImmutableArray<JudgedRead> Prompts { get; init; }

    /// <summary>Digests of the lists; empty for an empty list.</summary>
    public (string Resources, string Templates, string Prompts) Digests { get; private init; } = ("", "", "");

    /// <summary>What the backend says to models about itself, where that was approved; null for nothing.</summary>
    public required string? Instructions { get; init; }

    public static BackendReads Of(BackendConfig config, ReadOffers offers, ImmutableArray<ListedResource> resources, ImmutableArray<JudgedTool> judged)
    {
        var (templates, prompts, said) = (Named(judged, ReadKind.Template), Named(judged, ReadKind.Prompt), Named(judged, ReadKind.Instructions));
        return new BackendReads(config)
        {
            Offers = offers,
            Resources = resources,
            Templates = templates,
            Prompts = prompts,
            Digests = (
                DigestOf(resources.Select(resource => resource.Json.GetRawText())),
                DigestOf(templates.Select(template => $"{template.Definition.Digest} {template.Standing}")),
                DigestOf(prompts.Select(prompt => $"{prompt.Definition.Digest} {prompt.Standing}"))),
            Instructions = said is [{ Standing: ToolStanding.Approved, Definition.Json: var json }] ? json.GetProperty("instructions").GetString() : null,
        };
    }

    public JudgedRead? FindPrompt(string name) => Prompts.FirstOrDefault(prompt => string.Equals(prompt.Name, name, StringComparison.Ordinal));

    public JudgedRead? FindTemplate(string text) => Templates.FirstOrDefault(template => string.Equals(template.Name, text, StringComparison.Ordinal));

    public bool Lists(string uri) => Index(uri) >= 0;

    /// <summary>What a read of the URI means, as the owner says, and whether the definition behind it is approved. It need not be listed: a backend says what it has.</summary>
    public (ToolFacts Facts, ToolStanding Standing, ResultForm Results) OfResource(string uri)
    {
        var templates = Templates.Where(template => template.Pattern!.Matches(uri)).OrderByDescending(template => template.Pattern!.LiteralLength).ToList();
        var template = templates.Find(one => one.Standing == ToolStanding.Approved) ?? (Lists(uri) ? null : templates.FirstOrDefault());
        var terms = _config.Resources.FirstOrDefault(resource => resource.Pattern.Matches(uri))?.Terms;
        return (
            FactsOf(ReservedTools.ReadResource, terms, template?.Definition.Digest ?? PlainDefinition),
            template?.Standing ?? ToolStanding.Approved,
            terms?.Results ?? ResultForm.Json);
    }

    public ToolFacts FactsOfPrompt(JudgedRead prompt) => FactsOf(ReservedTools.GetPrompt, _config.Prompts.GetValueOrDefault(prompt.Name), prompt.Definition.Digest);

    /// <summary>
    /// Completions say of a prompt or of resources what there is, so they have its labels; those of a template that no entry names have the labels
    /// of every entry, since any of them may describe what it expands to.
    /// </summary>
    public ToolFacts FactsOfCompletion(JudgedRead of)
    {
        var terms = of.Pattern is null
            ? _config.Prompts.GetValueOrDefault(of.Name)
            : _config.Resources.FirstOrDefault(resource => string.Equals(resource.Pattern.Text, of.Name, StringComparison.Ordinal))?.Terms;

        // Fields and arguments of the read itself are not those of a completion.
        var facts = FactsOf(ReservedTools.Complete, terms, of.Definition.Digest);
        var others = terms is null && of.Pattern is not null ? _config.Resources.SelectMany(resource => resource.Terms.Labels.Concat(resource.Terms.Fields.SelectMany(field => field.Labels))) : [];
        return facts with { Targets = [], Content = [], Labels = new ResultLabels([.. facts.Labels.All.Concat(others).Distinct(StringComparer.Ordinal)], []) };
    }

    /// <summary>A read that is granted at all has these facts, whatever it reads.</summary>
    public ToolFacts FactsOfAny(string tool) => FactsOf(tool, null, PlainDefinition);

    private static string DigestOf(IEnumerable<string> lines)
    {
        var text = string.Join('\n', lines);
        return text.Length == 0 ? "" : Digest.Of(Encoding.UTF8.GetBytes(text)).Value;
    }

    private int Index(string uri)
    {
        var (low, high) = (0, Resources.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(Resources[middle].Uri, uri);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }

    /// <summary>What nobody described counts as untrusted, and its arguments as leaving the enterprise; by its method it is a read all the same.</summary>
    private ToolFacts FactsOf(string tool, ToolTerms? terms, Digest definition)
    {
        var id = new ToolId(Id, tool);
        return terms?.FactsOf(id, _config.Domain, definition) ?? ToolFacts.Widest(id, _config.Domain, definition) with { Effect = Effect.Read };
    }

    private static ImmutableArray<JudgedRead> Named(ImmutableArray<JudgedTool> judged, ReadKind kind) =>
    [
        .. from tool in judged
           let own = ReadDefinition.OwnName(tool.Definition.Name)
           where own?.Kind == kind
           orderby own.Value.Name
           select new JudgedRead(own.Value.Name, tool.Definition, tool.Standing, kind == ReadKind.Template ? UriPattern.Parse(own.Value.Name) : null),
    ];
}
