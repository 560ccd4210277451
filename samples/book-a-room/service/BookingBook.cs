using System.Collections.Concurrent;
using System.Globalization;

namespace Harness.Mcp.Samples.Rooms;

internal sealed record Room(string Name, int Seats);

/// <summary>What somebody asks for: whole hours of one day.</summary>
internal sealed record Wish(string Day, int From, int To, string Subject);

internal sealed record Booking(string Id, string Room, string Day, int From, int To, string Subject, string By);

/// <summary>Rooms and bookings, in memory and seeded anew at each start.</summary>
internal sealed class BookingBook
{
    private readonly ConcurrentDictionary<string, Booking> _bookings = new();
    private readonly Lock _access = new();
    private int _last = 1;

    public BookingBook() => _bookings["BKG-1"] = new Booking("BKG-1", "lovelace", "2027-03-01", 9, 12, "Board", "ceo@corp.example");

    public IReadOnlyList<Room> Rooms { get; } = [new("hopper", 4), new("lovelace", 12), new("turing", 8)];

    public IReadOnlyList<Booking>? Of(string room) => Rooms.Any(one => one.Name == room)
        ? [.. _bookings.Values.Where(booking => booking.Room == room).OrderBy(booking => booking.Day).ThenBy(booking => booking.From)]
        : null;

    public Booking? Book(string room, Wish wish)
    {
        lock (_access)
        {
            if (Of(room) is not { } taken || wish.From >= wish.To || taken.Any(one => one.Day == wish.Day && one.From < wish.To && wish.From < one.To))
                return null;
            var booking = new Booking($"BKG-{(++_last).ToString(CultureInfo.InvariantCulture)}", room, wish.Day, wish.From, wish.To, wish.Subject, "assistant@corp.example");
            return _bookings[booking.Id] = booking;
        }
    }

    public bool Cancel(string id) => _bookings.TryRemove(id, out _);
}
