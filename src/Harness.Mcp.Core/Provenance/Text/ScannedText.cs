namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// A text as a sequence of values: its chunks in normal form, and the atoms that lie inside a chunk or over several of them (the host of a
/// URL, the day of a time, an account or telephone number in groups). One object is used for one text after the other, so that scanning allocates nothing.
/// </summary>
internal sealed class ScannedText
{
    private const int DigitsMin = 8;
    private const int DigitsMax = 19;

    /// <summary>A name, a title, a place: what is longer is prose.</summary>
    private const int WholeCharsMax = 128;

    private readonly CharacterMap _map = new();
    private char[] _foldBuffer = [];
    private char[] _folded = new char[512];
    private char[] _forms = new char[1_024];
    private char[] _joined = new char[256];
    private ScannedValue[] _chunks = new ScannedValue[256];
    private ScannedValue[] _atoms = new ScannedValue[64];
    private int _foldedLength;
    private int _formsLength;
    private int _chunkCount;
    private int _atomCount;

    public ReadOnlySpan<ScannedValue> Chunks => _chunks.AsSpan(0, _chunkCount);

    public ReadOnlySpan<ScannedValue> Atoms => _atoms.AsSpan(0, _atomCount);

    public ReadOnlySpan<char> Form(in ScannedValue value) => _forms.AsSpan(value.FormStart, value.FormLength);

    /// <summary>The text of the chunk before it was normalised; folded already.</summary>
    public ReadOnlySpan<char> Raw(in ScannedValue value) => _folded.AsSpan(value.RawStart, value.RawLength);

    /// <summary>A text of several chunks as one form; empty for a single chunk, and for a text that is too long to be a name.</summary>
    public ReadOnlySpan<char> Whole => _chunkCount > 1 && _foldedLength <= WholeCharsMax ? Joined(0, _chunkCount) : default;

    /// <summary>Several forms in one, which no chunk is equal to, since no chunk holds a space.</summary>
    public ReadOnlySpan<char> Joined(int first, int count)
    {
        var length = 0;
        foreach (ref readonly var chunk in Chunks.Slice(first, count))
        {
            if (chunk.FormLength == 0)
                return default;
            if (_joined.Length < length + chunk.FormLength + 1)
                Array.Resize(ref _joined, (length + chunk.FormLength + 1) * 2);
            if (length > 0)
                _joined[length++] = ' ';
            Form(chunk).CopyTo(_joined.AsSpan(length));
            length += chunk.FormLength;
        }

        return _joined.AsSpan(0, length);
    }

    public ReadOnlySpan<char> Folded => _folded.AsSpan(0, _foldedLength);

    public void Scan(ReadOnlySpan<char> text)
    {
        _formsLength = _chunkCount = _atomCount = 0;
        var folded = TextFold.Fold(text, ref _foldBuffer);
        if (_folded.Length < CharacterMap.RoomFor(folded.Length))
            _folded = new char[CharacterMap.RoomFor(folded.Length) * 2];
        folded.CopyTo(_folded);
        _foldedLength = folded.Length;
        folded = Folded;
        _map.Read(_folded, _foldedLength);

        // The whole text in small letters comes first among the forms: that of a word is a stretch of it.
        _formsLength = TextFold.Lower(folded, Room(folded.Length));

        var chunks = new Chunks(folded, _map);
        var hasOthers = false;
        while (chunks.MoveNext())
        {
            if (_chunkCount == _chunks.Length)
                Array.Resize(ref _chunks, _chunkCount * 2);
            if (chunks.IsWord && chunks.Length <= ValueForm.CharsMax)
            {
                _chunks[_chunkCount] = new ScannedValue(chunks.Start, chunks.Length, ValueKind.Word, chunks.Start, chunks.Length, _chunkCount, _chunkCount);
                _chunkCount++;
            }
            else
            {
                hasOthers = true;
                AddChunk(chunks.Current, chunks.Start);
            }
        }

        if (hasOthers)
            AddGroups();
    }

    private void AddChunk(ReadOnlySpan<char> chunk, int start)
    {
        // A text that is not valid Unicode, or far too long for a value, holds its place but is equal to nothing.
        if (chunk.Length > ValueForm.CharsMax || chunk.Contains('\uFFFD'))
        {
            _chunks[_chunkCount] = new ScannedValue(_formsLength, 0, ValueKind.Code, start, chunk.Length, _chunkCount, _chunkCount);
            _chunkCount++;
            return;
        }

        var marks = Marks.Of(chunk);
        var kind = ValueForm.Write(chunk, marks, Room(chunk.Length), out var length, out var host);
        var isGroup = marks.IsGroup && chunk.Length <= DigitsMax && kind is (ValueKind.Number or ValueKind.Code);
        ref var value = ref _chunks[_chunkCount];
        value = new ScannedValue(_formsLength, length, kind, start, chunk.Length, _chunkCount, _chunkCount, isGroup);
        _chunkCount++;
        _formsLength += length;
        if (kind == ValueKind.Link && host < length)
            AddHost(value, host);
        else if (kind == ValueKind.Code)
            AddInside(value, chunk);
    }

    /// <param name="length">The host is the beginning of the form.</param>
    private void AddHost(in ScannedValue url, int length)
    {
        if (_atomCount == _atoms.Length)
            Array.Resize(ref _atoms, _atomCount * 2);
        _atoms[_atomCount++] = url with { FormLength = length, Kind = ValueKind.Host };
    }

    private void AddInside(in ScannedValue code, ReadOnlySpan<char> chunk)
    {
        // The day of a time: 2026-11-24T12:00:00Z.
        if (chunk is [_, _, _, _, '-', _, _, '-', _, _, 'T', ..] && !chunk[..4].ContainsAnyExceptInRange('0', '9'))
        {
            chunk[..10].CopyTo(Room(10));
            AddAtom(10, ValueKind.Code, code);
        }

        if (chunk.ContainsAny('-', '.', '+') && WriteDigits(chunk, Room(chunk.Length), out var length) && IsDigits(length))
            AddAtom(length, ValueKind.Digits, code);
    }

    /// <summary>Numbers that stand in groups with spaces between them: digits alone, or the letters and digits of an IBAN.</summary>
    private void AddGroups()
    {
        for (var first = 0; first < _chunkCount; first++)
        {
            if (_chunks[first].Kind == ValueKind.Word)
                continue;
            if (_chunks[first].Kind == ValueKind.Code && AccountForm.IsStart(Raw(_chunks[first])) && AddAccount(first) is { } last)
                first = last;
            else if (_chunks[first].IsGroup)
                first = AddDigits(first);
        }
    }

    private int? AddAccount(int first)
    {
        var room = Room(AccountForm.CharsMax);
        var length = 0;
        (int Length, int Last)? longest = null;
        for (var index = first; index < _chunkCount && IsGroupOfAccount(first, index) && length + _chunks[index].RawLength <= AccountForm.CharsMax; index++)
        {
            length += TextFold.Lower(Raw(_chunks[index]), room[length..]);
            if (index > first && AccountForm.IsValid(room[..length]))
                longest = (length, index);
        }

        if (longest is not var (found, last))
            return null;
        AddAtom(found, ValueKind.Account, Over(first, last));
        return last;
    }

    private bool IsGroupOfAccount(int first, int index)
    {
        var group = Raw(_chunks[index]);
        if (group.Length > (index == first ? 8 : 5) || !IsNext(first, index))
            return false;
        foreach (var character in group)
            if (!char.IsAsciiLetterOrDigit(character))
                return false;
        return true;
    }

    private int AddDigits(int first)
    {
        var last = first;
        while (last + 1 < _chunkCount && _chunks[last + 1].IsGroup && IsNext(last, last + 1))
            last++;
        if (last == first)
            return first;

        var room = Room(_chunks[last].RawStart + _chunks[last].RawLength - _chunks[first].RawStart);
        var length = 0;
        for (var index = first; index <= last; index++)
        {
            WriteDigits(Raw(_chunks[index]), room[length..], out var written);
            length += written;
        }

        if (IsDigits(length))
            AddAtom(length, ValueKind.Digits, Over(first, last));
        return last;
    }

    /// <summary>Whether at most two characters lie between two chunks: `(044) 668`.</summary>
    private bool IsNext(int one, int next) =>
        one == next || _chunks[next].RawStart - (_chunks[next - 1].RawStart + _chunks[next - 1].RawLength) <= 2;

    /// <summary>The digits alone, with a plus sign in front where there is one. False where other characters stand between them.</summary>
    private static bool WriteDigits(ReadOnlySpan<char> raw, Span<char> form, out int length)
    {
        length = 0;
        foreach (var character in raw)
        {
            if (char.IsAsciiDigit(character) || (character == '+' && length == 0))
                form[length++] = character;
            else if (character is not ('-' or '.'))
                return false;
        }

        return true;
    }

    private static bool IsDigits(int length) => length is >= DigitsMin and <= DigitsMax;

    private ScannedValue Over(int first, int last) => new(
        0, 0, ValueKind.Code, _chunks[first].RawStart, _chunks[last].RawStart + _chunks[last].RawLength - _chunks[first].RawStart, first, last);

    private void AddAtom(int length, ValueKind kind, in ScannedValue over)
    {
        if (_atomCount == _atoms.Length)
            Array.Resize(ref _atoms, _atomCount * 2);
        _atoms[_atomCount++] = over with { FormStart = _formsLength, FormLength = length, Kind = kind };
        _formsLength += length;
    }

    private Span<char> Room(int length)
    {
        if (_forms.Length - _formsLength < length)
            Array.Resize(ref _forms, (_forms.Length + length) * 2);
        return _forms.AsSpan(_formsLength);
    }
}

/// <summary>One value of a text: its form, and the chunks that it lies over.</summary>
/// <param name="IsGroup">Digits, hyphens and plus signs, as a telephone number in groups is made of.</param>
internal readonly record struct ScannedValue(
    int FormStart, int FormLength, ValueKind Kind, int RawStart, int RawLength, int FirstChunk, int LastChunk, bool IsGroup = false);
