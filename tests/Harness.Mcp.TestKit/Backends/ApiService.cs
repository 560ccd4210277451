using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>One request as it arrived at the service.</summary>
/// <param name="Target">The request line's target, byte for byte.</param>
public sealed record ApiRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

public sealed record Contact(int Id, string Name, string? Email, Contact? Manager, decimal Balance);

public sealed record NewContact(string Name, string? Email, decimal Balance);

/// <summary>
/// An ordinary HTTP service on loopback that publishes the OpenAPI document which ASP.NET makes of it (`/openapi/v1.json`). Beside it, what a
/// test scripts: `/echo/…` says what arrived, `/answer` gives any answer. It records every request.
/// </summary>
public sealed class ApiService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ApiRequest> _requests = new();
    private readonly ConcurrentDictionary<int, Contact> _contacts = new();

    private ApiService(WebApplication app) => _app = app;

    /// <summary>What `/answer` does.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public Uri Root => new(_app.Urls.First());

    public Uri Document => new(Root, "/openapi/v1.json");

    public ImmutableArray<ApiRequest> Requests => [.. _requests];

    public ImmutableArray<Contact> Contacts => [.. _contacts.Values.OrderBy(contact => contact.Id)];

    /// <param name="issuer">Protects the contacts, and issues tokens for them; null for open ones.</param>
    public static async Task<ApiService> StartAsync(TokenIssuer? issuer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenApi();
        var app = builder.Build();
        var service = new ApiService(app);
        app.Use(service.RecordAsync);
        issuer?.Map(app);
        app.MapOpenApi();
        service.MapContacts();
        app.Map("/echo/{**rest}", EchoAsync).ExcludeFromDescription();
        app.Map("/answer", context => service.Answer(context)).ExcludeFromDescription();
        await app.StartAsync();
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private void MapContacts()
    {
        var ada = new Contact(1, "Ada", "ada@corp.example", null, 10.50m);
        _contacts[1] = ada;
        _contacts[2] = new Contact(2, "Ben", null, ada, 0m);
        _app.MapGet("/contacts", (string? name, int? limit) =>
                _contacts.Values.Where(contact => name is null || contact.Name == name).OrderBy(contact => contact.Id).Take(limit ?? 100).ToArray())
            .WithName("listContacts").WithSummary("Find contacts.");
        _app.MapGet("/contacts/{id}", (int id) => _contacts.TryGetValue(id, out var contact) ? Results.Ok(contact) : Results.NotFound())
            .WithName("getContact").WithSummary("Read one contact.").Produces<Contact>();
        _app.MapPost("/contacts", (NewContact made) =>
            {
                var contact = new Contact(_contacts.Keys.Max() + 1, made.Name, made.Email, null, made.Balance);
                _contacts[contact.Id] = contact;
                return Results.Created($"/contacts/{contact.Id}", contact);
            })
            .WithName("createContact").WithSummary("Add a contact.").Produces<Contact>(StatusCodes.Status201Created);
        _app.MapDelete("/contacts/{id}", (int id) => _contacts.TryRemove(id, out _) ? Results.NoContent() : Results.NotFound())
            .WithName("deleteContact").WithSummary("Remove a contact.").Produces(StatusCodes.Status204NoContent);
        _app.MapGet("/contacts/{id}/card", (int id) => Results.Text($"BEGIN:VCARD\nFN:{_contacts[id].Name}\nEND:VCARD", "text/vcard"))
            .WithName("getCard").Produces<string>(contentType: "text/vcard");
    }

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.EnableBuffering();
        using var reader = new StreamReader(context.Request.Body, leaveOpen: true);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.Request.Body.Position = 0;
        _requests.Enqueue(new ApiRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body));
        await next(context);
    }

    private static Task EchoAsync(HttpContext context) => context.Response.WriteAsJsonAsync(new { target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget });
}
