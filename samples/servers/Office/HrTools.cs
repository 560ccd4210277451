using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Office;

/// <summary>One personnel file.</summary>
internal sealed record Employee(
    [property: Description("Sign-in name.")] string User,
    [property: Description("Full name.")] string Name,
    [property: Description("Job title.")] string Title,
    [property: Description("Department.")] string Department,
    [property: Description("Office.")] string Office,
    [property: Description("Full name of the manager; null for the head of the company.")] string? Manager,
    [property: Description("Work mail address of the manager; null for the head of the company.")] string? ManagerEmail,
    [property: Description("First day at work.")] DateOnly Started,
    [property: Description("Private telephone number. Personal data.")] string PrivatePhone,
    [property: Description("Home address. Personal data.")] string HomeAddress,
    [property: Description("Date of birth. Personal data.")] DateOnly DateOfBirth,
    [property: Description("National identity number. Personal data.")] string NationalId,
    [property: Description("Account that the salary goes to. Personal data.")] string Iban,
    [property: Description("Yearly salary in euros. Personal data.")] int Salary);

internal sealed record EmployeeHead(
    [property: Description("Sign-in name.")] string User,
    [property: Description("Full name.")] string Name,
    [property: Description("Job title.")] string Title);

internal sealed record EmployeeList([property: Description("The people found, by sign-in name.")] IReadOnlyList<EmployeeHead> Employees);

/// <summary>The tools of the personnel files: reads alone.</summary>
internal sealed class HrTools(List<Employee> employees)
{
    private readonly Dictionary<string, Employee> _employees = employees.ToDictionary(employee => employee.User, StringComparer.Ordinal);

    [McpServerTool(Name = "get_employee", Title = "Get personnel file", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Returns one personnel file: position, manager, contact and pay. Holds personal data.")]
    public Employee GetEmployee([Description("Sign-in name, for example `mara.lindqvist`."), MaxLength(64)] string user) =>
        _employees.TryGetValue(user, out var employee)
            ? employee
            : throw new McpException($"There is no personnel file of `{user}`.");

    [McpServerTool(Name = "search", Title = "Search people", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Finds people by a part of their name, title or department.")]
    public EmployeeList Search([Description("What to look for, at least two characters."), MinLength(2), MaxLength(64)] string query) =>
        new([
            .. _employees.Values
                .Where(employee => Mentions(employee.Name, query) || Mentions(employee.Title, query) || Mentions(employee.Department, query))
                .OrderBy(employee => employee.User, StringComparer.Ordinal)
                .Select(employee => new EmployeeHead(employee.User, employee.Name, employee.Title)),
        ]);

    private static bool Mentions(string text, string query) => text.Contains(query, StringComparison.OrdinalIgnoreCase);
}
