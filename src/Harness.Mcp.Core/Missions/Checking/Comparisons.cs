using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Monitors;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Comparisons with words that the other side can never be: a tool that there is not, a value that the schema does not list.</summary>
internal static class Comparisons
{
    private static readonly ImmutableArray<string> Effects = [.. Enum.GetValues<Effect>().Select(EffectNames.Write)];
    private static readonly ImmutableArray<string> Outcomes = ["pending", "ok", "error", "unknown"];

    public static IEnumerable<ExpressionFinding> Check(Expr.Call call, Scope scope, Func<Expr, Shape> shapeOf, KnownTools catalog)
    {
        if (call is not { Function: Operators.Equal or Operators.NotEqual or Operators.In, Arguments: [var left, var right] })
            yield break;

        var (value, words) = call.Function is Operators.In
            ? (left, right is Expr.ListOf list ? list.Items : [])
            : right is Expr.Literal ? (left, [right]) : (right, ImmutableArray.Create(left));
        if (call.Function is Operators.In && left is Expr.Literal && right is Expr.Member { Field: "labels" } labels)
            (value, words) = (labels, [left]);

        foreach (var word in words.OfType<Expr.Literal>().Where(word => word.Value.Kind == CelKind.String))
            if (Find(value, word.Value.AsString, scope, shapeOf, catalog) is var (kind, message, remedy))
                yield return new ExpressionFinding(kind, new CelProblem(word.Offset, message, remedy));
    }

    private static (CheckKind Kind, string Message, string? Remedy)? Find(Expr value, string word, Scope scope, Func<Expr, Shape> shapeOf, KnownTools catalog)
    {
        if (value is Expr.Member { Operand: Expr.Name name } member && scope.Call(name.Identifier) is { } call)
        {
            var tools = catalog.Tools;
            switch (member.Field)
            {
                case "tool" when ToolSelector.Parse(word) is not ToolSelector.ByName:
                    return (CheckKind.UnknownTool, $"`{word}` does not name a tool.", OfName(word, tools) ?? "Write `backend/tool`.");
                case "tool" when tools.All(tool => tool.Id.ToString() != word) && !catalog.Unseen.Any(backend => word.StartsWith($"{backend}/", StringComparison.Ordinal)):
                    return (CheckKind.UnknownTool, $"There is no tool `{word}`.", Suggest.Remedy(word, tools.Select(tool => tool.Id.ToString())));
                case "tool" when call.Tools.All(tool => tool.Id.ToString() != word) && tools.Any(tool => tool.Id.ToString() == word):
                    return (CheckKind.NeverEqual, $"`{ExprText.Brief(member)}` is never `{word}`: {(name.Identifier == "call" ? "the rule watches no calls of it" : "the mission does not grant it")}.", "Grant it, or remove the comparison.");
                case "backend" when tools.All(tool => tool.Id.Backend.Value != word) && catalog.Unseen.All(backend => backend.Value != word):
                    return (CheckKind.UnknownTool, $"There is no backend `{word}`.", Suggest.Remedy(word, tools.Select(tool => tool.Id.Backend.Value)));
                case "domain" when tools.All(tool => tool.Facts.Domain != word):
                    return (CheckKind.NeverEqual, $"No tool is of the domain `{word}`.", Suggest.Remedy(word, tools.Select(tool => tool.Facts.Domain)));
                case "effect" when !Effects.Contains(word, StringComparer.Ordinal):
                    return (CheckKind.NeverEqual, $"`{word}` is no effect.", Suggest.Remedy(word, Effects));
                case "outcome" when name.Identifier != "call" && !Outcomes.Contains(word, StringComparer.Ordinal):
                    return (CheckKind.NeverEqual, $"`{word}` is no outcome.", Suggest.Remedy(word, Outcomes));
                case "labels" when call.Tools.All(tool => !tool.Facts.Labels.All.Contains(word, StringComparer.Ordinal)):
                    return (CheckKind.NeverEqual, $"No granted tool brings the label `{word}`.", Suggest.Remedy(word, call.Tools.SelectMany(tool => tool.Facts.Labels.All)));
            }
        }

        return shapeOf(value) is Shape.Text { Values: { IsEmpty: false } possible } && !possible.Contains(word, StringComparer.Ordinal)
            ? (CheckKind.NeverEqual, $"`{ExprText.Brief(value)}` is never `{word}`.", Suggest.Remedy(word, possible))
            : null;
    }

    /// <summary>Whoever writes a tool's own name means the tool.</summary>
    private static string? OfName(string name, ImmutableArray<KnownTool> tools) =>
        tools.FirstOrDefault(tool => tool.Id.Name == name) is { } tool ? $"Did you mean `{tool.Id}`?" : null;
}
