using System.Globalization;
using System.Text;

namespace Harness.Mcp.Proxy.Backends.Large;

/// <summary>
/// Finds id and result of a JSON-RPC answer that is read piece by piece, in memory that does not grow with it. It holds the structure to
/// JSON's brackets and strings, and refuses keys that come twice; what is inside of the result is not read but for `isError`, `resultType`, and the
/// same two of a result inside of it, which the answer about a task has.
/// </summary>
internal sealed class AnswerScan
{
    private const int DepthMax = 64;

    /// <summary>Depth of the members of an answer, of its result, and of the result inside of that.</summary>
    private const int Members = 1;
    private const int OfResult = 2;
    private const int OfInner = 3;

    private const int TokenMax = 64;

    private readonly Stack<byte> _open = new();
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly StringBuilder _token = new();
    private long _position;
    private bool _isInText;
    private bool _isTokenText;
    private bool _isEscaped;
    private bool _isAfterColon;
    private bool _hasBegun;
    private bool _isOver;
    private bool _isInResult;
    private bool _isInInner;
    private string _key = "";
    private string _keyOfResult = "";
    private string _keyOfInner = "";
    private long? _id;
    private long _start = -1;
    private long _end = -1;
    private bool _isVersioned;
    private bool _isError;
    private bool _isOdd;
    private long _innerStart = -1;
    private long _innerEnd = -1;
    private bool _isInnerError;
    private bool _isInnerOdd;

    /// <returns>False where this cannot be an answer.</returns>
    public bool Take(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
        {
            if (!(_isInText ? TakeInText(one) : TakeBetween(one)) || _isOdd)
                return false;
            _position++;
        }

        return true;
    }

    /// <summary>Null where it was no whole answer with a result.</summary>
    public SpooledAnswer? End() => _isOver && _isVersioned && _id is { } id && _start >= 0 && _end > _start
        ? new SpooledAnswer(id, _start, _end - _start, _isError)
        {
            Inner = _innerEnd > _innerStart && !_isInnerOdd ? new SpooledAnswer(id, _innerStart, _innerEnd - _innerStart, _isInnerError) : null,
        }
        : null;

    private bool TakeInText(byte one)
    {
        if (_isEscaped)
            _isEscaped = false;
        else if (one == (byte)'\\')
            _isEscaped = true;
        else if (one == (byte)'"')
        {
            _isInText = false;
            return true;
        }
        else if (one < 0x20)
            return false;

        // A key that is written with escapes could be any: it is taken letter by letter, and so is none that we know.
        if (_open.Count <= OfInner && _token.Length < TokenMax)
            _token.Append((char)one);
        return true;
    }

    private bool TakeBetween(byte one)
    {
        if (!_hasBegun)
        {
            // An event's line begins with the name of its field.
            if (one != (byte)'{')
                return _position < 8 && "data: "u8.Contains(one);
            _hasBegun = true;
            _open.Push(one);
            return true;
        }

        switch (one)
        {
            case (byte)'"':
                _isInText = !_isOver;
                _isTokenText = true;
                _token.Clear();
                BeginValue();
                return !_isOver;
            case (byte)'{' or (byte)'[':
                BeginValue();
                _token.Clear();
                _open.Push(one);
                _isAfterColon = false;
                return !_isOver && _open.Count <= DepthMax;
            case (byte)'}' or (byte)']':
                return Close(one);
            case (byte)':':
                return TakeColon();
            case (byte)',':
                EndValue(_position);
                return !_isOver;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                return true;
            default:
                BeginValue();
                if (_open.Count <= OfInner && _token.Length < TokenMax)
                    _token.Append((char)one);
                return !_isOver;
        }
    }

    private void BeginValue()
    {
        if (!_isAfterColon)
            return;
        if (_open.Count == Members && _key == "result" && _start < 0)
            (_start, _isInResult) = (_position, true);
        else if (_open.Count == OfResult && _isInResult && _keyOfResult == "result" && _innerStart < 0)
            (_innerStart, _isInInner) = (_position, true);
    }

    private bool TakeColon()
    {
        switch (_open.Count)
        {
            case Members:
                _key = _token.ToString();
                if (!_keys.Add(_key) || _key == "error" || _key == "method")
                    return false;
                break;
            case OfResult:
                _keyOfResult = _token.ToString();
                _isInnerOdd |= _keyOfResult == "result" && _innerStart >= 0;
                break;
            case OfInner:
                _keyOfInner = _token.ToString();
                break;
        }

        _token.Clear();
        _isTokenText = false;
        _isAfterColon = true;
        return true;
    }

    private void EndValue(long end)
    {
        var value = _token.ToString();
        if (_open.Count == Members && _isAfterColon)
        {
            if (_key == "id")
                _id = !_isTokenText && long.TryParse(value, CultureInfo.InvariantCulture, out var id) ? id : null;
            else if (_key == "jsonrpc")
                _isVersioned = _isTokenText && value == "2.0";
            else if (_key == "result" && _isInResult)
                (_end, _isInResult) = (end, false);
        }
        else if (_open.Count == OfResult && _isInResult && _isAfterColon)
        {
            _isError |= _keyOfResult == "isError" && !_isTokenText && value == "true";
            _isOdd |= _keyOfResult == "resultType" && value != "complete";
            if (_keyOfResult == "result" && _isInInner)
                (_innerEnd, _isInInner) = (end, false);
        }
        else if (_open.Count == OfInner && _isInInner && _isAfterColon)
        {
            _isInnerError |= _keyOfInner == "isError" && !_isTokenText && value == "true";
            _isInnerOdd |= _keyOfInner == "resultType" && value != "complete";
        }

        _isAfterColon = false;
        _token.Clear();
    }

    private bool Close(byte one)
    {
        if (_isOver || _open.Count == 0)
            return false;
        EndValue(_position);
        if (_open.Pop() != (one == (byte)'}' ? (byte)'{' : (byte)'['))
            return false;
        if (_open.Count == Members)
        {
            // A list or an object is a value of its own, which ends here.
            _isAfterColon = true;
            if (_key == "result" && _isInResult)
                (_end, _isInResult) = (_position + 1, false);
        }
        else if (_open.Count == OfResult && _isInInner)
        {
            (_innerEnd, _isInInner) = (_position + 1, false);
        }

        _isOver = _open.Count == 0;
        return true;
    }
}
