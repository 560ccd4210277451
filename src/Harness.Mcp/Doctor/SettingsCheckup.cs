using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Hosting;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.Proxy.Wire;
using Harness.Mcp.Store;
using Microsoft.Extensions.Configuration;

namespace Harness.Mcp.Doctor;

/// <summary>`harness.json` and the variables that come before it: unknown keys, wrong values, settings that contradict each other.</summary>
internal static class SettingsCheckup
{
    private const string Remedy = "Correct the value; `HARNESS_SECTION__KEY` in the environment comes before the file.";

    public static void Run(Examination home)
    {
        var findings = home.Begin("settings");
        var settings = home.Home.Settings;
        if (Home.At(home.Home.Root) is { IsValid: false, Problems: var unreadable } && File.Exists(settings))
            findings.Fail(unreadable.Select(problem => Placed(problem, settings)));
        else
            findings.Fail(HarnessApp.CheckSettings(home.Home).Select(problem => Placed(problem, settings)));
        CheckVariables(findings);

        // A mistake in one place hides nothing elsewhere: what can be taken over is.
        home.HasSettings = TryBind(home, findings, settings);
        if (!home.HasSettings)
            return;

        var document = File.Exists(settings) ? YamlReader.ReadFile(settings, settings).Value as DocumentNode.Map : null;
        foreach (var wrong in home.Authentication.Validate(new ValidationContext(home.Authentication)))
            findings.FailInSentences(wrong.ErrorMessage ?? "A setting is not valid.", Remedy, PlaceOf(document, settings, AgentAuthenticationOptions.Section, wrong.MemberNames.FirstOrDefault()));
        foreach (var wrong in home.Chains.Check())
            findings.FailInSentences(wrong, Remedy, PlaceOf(document, settings, "ChainStore", wrong.Split(':')[1]));
        if (!findings.HasAny)
            findings.Ok(File.Exists(settings) ? "The settings have no mistakes." : "There is no `harness.json`: every setting has its default.", File.Exists(settings) ? settings : null);
    }

    /// <summary>Variables that nobody would read, since their names have a slip.</summary>
    private static void CheckVariables(Findings findings)
    {
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => (string)variable.Key).Order(StringComparer.Ordinal))
        {
            if (!name.StartsWith(HarnessApp.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase) || !name.Contains("__", StringComparison.Ordinal))
                continue;
            var path = name[HarnessApp.EnvironmentPrefix.Length..].Split("__");
            var section = HarnessApp.Sections.Keys.FirstOrDefault(key => string.Equals(key, path[0], StringComparison.OrdinalIgnoreCase));
            if (section is null)
            {
                findings.Fail($"The environment variable `{name}` sets nothing: there is no section `{path[0]}`.", Suggest.Remedy(path[0], HarnessApp.Sections.Keys));
                continue;
            }

            var type = HarnessApp.Sections[section];
            string[] keys = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => property.Name)];
            if (type != typeof(FreeSection) && !keys.Contains(path[1], StringComparer.OrdinalIgnoreCase))
                findings.Fail($"The environment variable `{name}` sets nothing: there is no setting `{section}:{path[1]}`.", Suggest.Remedy(path[1], keys));
        }
    }

    /// <summary>Binds every section that can be bound; false where one cannot, or where the file is none.</summary>
    private static bool TryBind(Examination home, Findings findings, string settings)
    {
        IConfiguration configuration;
        try
        {
            configuration = HarnessApp.AddSettings(new ConfigurationBuilder(), home.Home).Build();
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            if (!findings.HasAny)
                findings.Fail($"The settings cannot be read: {unreadable.GetBaseException().Message}", Remedy, Findings.PlaceOf(settings));
            return false;
        }

        var areBound = true;
        home.Listen = Bind<ListenOptions>(ListenOptions.Section);
        home.Authentication = Bind<AgentAuthenticationOptions>(AgentAuthenticationOptions.Section);
        home.Wire = Bind<WireOptions>(WireOptions.Section);
        home.Chains = Bind<ChainStoreOptions>("ChainStore");
        return areBound;

        T Bind<T>(string section)
            where T : new()
        {
            try
            {
                return configuration.GetSection(section).Get<T>() ?? new T();
            }
            catch (InvalidOperationException wrong)
            {
                areBound = false;
                if (!findings.HasAny)
                    findings.Fail($"The settings of `{section}` cannot be used: {wrong.GetBaseException().Message}", Remedy, Findings.PlaceOf(settings));
                return new T();
            }
        }
    }

    private static Problem Placed(Problem problem, string settings) =>
        Path.IsPathRooted(problem.Position.File) ? problem : problem with { Position = problem.Position with { File = settings } };

    private static SourcePosition PlaceOf(DocumentNode.Map? document, string settings, string section, string? key) =>
        document?[section] is DocumentNode.Map map ? (key is null ? null : map[key])?.Position ?? map.Position : new SourcePosition(settings, 0, 0);
}
