using Harness.Mcp.Samples.Rooms;

// An ordinary HTTP service that knows nothing of MCP: the meeting rooms of corp.example. `Samples.Rooms.dll [PORT]`, 7780 by default.
var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UseUrls($"http://127.0.0.1:{(args.Length > 0 ? args[0] : "7780")}");
builder.Services.AddSingleton<BookingBook>();
var app = builder.Build();

app.MapGet("/v1/rooms", (BookingBook book, int? seats) => book.Rooms.Where(room => room.Seats >= (seats ?? 0)));
app.MapGet("/v1/rooms/{room}/bookings", (BookingBook book, string room) => book.Of(room) is { } bookings ? Results.Ok(bookings) : Results.Problem($"There is no room {room}.", statusCode: 404));
app.MapPost("/v1/rooms/{room}/bookings", (BookingBook book, string room, Wish wish) => book.Book(room, wish) switch
{
    null => Results.Problem("The room is taken at that time, or there is no such room.", statusCode: 409),
    var booking => Results.Created($"/v1/bookings/{booking.Id}", booking),
});
app.MapDelete("/v1/bookings/{id}", (BookingBook book, string id) => book.Cancel(id) ? Results.NoContent() : Results.Problem("There is no such booking.", statusCode: 404));
await app.RunAsync();
