using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>The form that says everything: connection, bounds, owner, and what each tool means.</summary>
internal static class OwnForm
{
    public static BackendConfig? Read(DocumentNode.Map map, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var before = problems.Count;
        var reader = new MapReader(map, "A backend", problems);
        reader.Ignore("$schema", "description");
        var name = reader.RequiredText("name", "Give it a name such as `mail`: missions write its tools as `mail/send`.");
        var owner = reader.RequiredText("owner", "Name the person or team that answers for it.");
        var domain = reader.RequiredText("domain", "Name its domain (`identity`, `infrastructure`, …), which missions select with `domain:NAME`.");
        if (name is not null && !Names.IsBackend(name))
            problems.Add(new Problem(map["name"]!.Position, $"`{name}` cannot be a backend's name.", Names.BackendRule));
        if (domain is not null && !Names.IsLabel(domain))
            problems.Add(new Problem(map["domain"]!.Position, $"`{domain}` cannot be a domain.", Names.LabelRule));

        var form = reader.Choice("transport", ("http", HttpForm.Streamable), ("sse", HttpForm.Sse));
        if (form is not null && map["command"] is not null)
            problems.Add(new Problem(map["transport"]!.Position, "`transport` is for `url`: a program speaks over its standard streams.", "Remove it."));
        if (map["openapi"] is not null)
            OpenApiForm.RefuseWhatIsForMcp(map, problems);
        var connection = ConnectionForm.Read(reader, map, form ?? HttpForm.Either, ReferenceStyle.Own, surroundings, problems);
        var era = reader.Choice("era", ("auto", EraPreference.Auto), ("modern", EraPreference.Modern), ("legacy", EraPreference.Legacy)) ?? EraPreference.Auto;
        if (form == HttpForm.Sse && era == EraPreference.Modern)
            problems.Add(new Problem(map["era"]!.Position, "2026-07-28 is not spoken over the old transport `sse`.", "Remove `era`, or write the server's Streamable HTTP endpoint into `url`."));
        var pins = reader.Choice("pins", ("first-use", PinPolicy.FirstUse), ("explicit", PinPolicy.Explicit)) ?? PinPolicy.FirstUse;
        var expose = reader.Choice("expose", ("prefixed", NameForm.Prefixed), ("bare", NameForm.Bare)) ?? NameForm.Prefixed;
        var limits = ReadLimits(reader, problems);
        var asks = reader.Map("asks") is { } asked ? AsksForm.Read(asked, problems) : AskTerms.Default;
        var images = map["images"] is null ? (ImmutableArray<string>?)null : AsksForm.Hosts(reader, "images", problems);
        var defaults = reader.Map("defaults") is { } terms ? ToolTermsForm.Read(terms, "`defaults`", null, problems) : null;
        var tools = ImmutableDictionary.CreateBuilder<string, ToolTerms>(StringComparer.Ordinal);
        foreach (var entry in reader.Map("tools")?.Entries ?? [])
        {
            if (entry.Value is not DocumentNode.Map tool)
                problems.Add(new Problem(entry.Value.Position, $"The terms of tool `{entry.Key}` must be an object."));
            else if (ToolTermsForm.Read(tool, $"Tool `{entry.Key}`", defaults, problems) is { } read)
                tools[entry.Key] = read;
        }

        var resources = ReadTermsForm.Resources(reader, problems);
        var prompts = ReadTermsForm.Prompts(reader, problems);
        reader.Ignore("rules", "enforce");
        var rules = name is null ? null : Terms(map, name, problems);
        reader.RefuseUnknown();
        if (problems.Count > before || connection is null)
            return null;

        return new BackendConfig
        {
            Id = new BackendId(name!),
            Owner = owner!,
            Domain = domain!,
            Connection = connection,
            Era = era,
            Limits = limits,
            Pins = pins,
            Expose = expose,
            Defaults = defaults,
            Asks = asks,
            Images = images,
            Tools = tools.ToImmutable(),
            Resources = resources,
            Prompts = prompts,
            Terms = rules,
            Position = map.Position,
            ConnectionDigest = ConnectionForm.DigestOf(connection, era, limits, asks.Listing),
        };
    }

    /// <summary>The owner's rules, read by the parser that reads a mission's; null for none.</summary>
    public static RuleSource? Terms(DocumentNode.Map map, string name, List<Problem> problems)
    {
        if (map["rules"] is null)
            return null;
        var terms = RuleSourceParser.Terms(
            new BackendId(name), new DocumentNode.Map(map.Position, [.. map.Entries.Where(entry => entry.Key is "rules" or "enforce")]));
        problems.AddRange(terms.Problems);
        return terms.Value;
    }

    private static BackendLimits ReadLimits(MapReader reader, List<Problem> problems)
    {
        var limits = new BackendLimits();
        if (reader.Map("timeouts") is { } timeouts)
        {
            var times = new MapReader(timeouts, "`timeouts`", problems);
            var least = TimeSpan.FromMilliseconds(100);
            var most = TimeSpan.FromHours(24);
            limits = limits with
            {
                Connect = times.Duration("connect", least, TimeSpan.FromMinutes(10)) ?? limits.Connect,
                Quiet = times.Duration("quiet", least, most) ?? limits.Quiet,
                Call = times.Duration("call", least, most) ?? limits.Call,
                Idle = times.Duration("idle", least, most) ?? limits.Idle,
                Relist = times.Duration("relist", TimeSpan.FromSeconds(1), most) ?? limits.Relist,
            };
            times.RefuseUnknown();
        }

        if (reader.Map("limits") is { } bounds)
        {
            var numbers = new MapReader(bounds, "`limits`", problems);
            limits = limits with
            {
                Concurrency = numbers.Integer("concurrency", 1, 10_000) ?? limits.Concurrency,
                MessageBytesMax = numbers.Integer("messageBytes", 1024, 64 * 1024 * 1024) ?? limits.MessageBytesMax,
                ToolsMax = numbers.Integer("tools", 1, 100_000) ?? limits.ToolsMax,
            };
            numbers.RefuseUnknown();
        }

        return limits;
    }
}
