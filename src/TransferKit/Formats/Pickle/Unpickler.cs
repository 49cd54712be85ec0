using System.Numerics;

namespace TransferKit;

/// <summary>
/// Reads Python's pickle format (protocols 2 to 5, PEP 307, 3154, 574), as far as state_dicts use it. It is a stack
/// machine over plain values: no name is ever resolved to code, and what is not on the lists ends the reading.
/// </summary>
internal sealed class Unpickler
{
    /// <summary>A state_dict of ten thousand tensors takes half a million steps; this many take at most some 100 MB.</summary>
    private const int MaxSteps = 4_000_000;
    private const int MaxMarks = 1_000;
    private const long MaxTextBytes = 1L << 26;

    private readonly ByteReader _reader;
    private readonly PickleCalls _calls;
    private readonly Func<object?[], object?> _resolvePersistent;
    private readonly Dictionary<long, object?> _memo = [];
    private readonly Stack<int> _marks = [];
    private List<object?> _stack = [];
    private long _textBytes;

    /// <param name="reader">Where the pickle starts.</param>
    /// <param name="resolvePersistent">Finds what a persistent id (a tuple) stands for: torch's storages.</param>
    /// <param name="isScript">Whether the file is a TorchScript archive.</param>
    private Unpickler(ByteReader reader, Func<object?[], object?> resolvePersistent, bool isScript)
    {
        _reader = reader;
        _resolvePersistent = resolvePersistent;
        _calls = new PickleCalls(reader.Storage.File, isScript);
    }

    /// <summary>Reads one pickle; the reader then stands behind it.</summary>
    public static object? Read(ByteReader reader, Func<object?[], object?>? resolvePersistent = null, bool isScript = false)
    {
        var unpickler = new Unpickler(
            reader,
            resolvePersistent ?? (_ => throw reader.Storage.File.Damaged("it has a storage where none can be")),
            isScript);
        return unpickler.Run();
    }

    private object? Run()
    {
        for (var steps = 0; steps < MaxSteps; steps++)
        {
            var code = _reader.ReadByte();
            if (code == PickleCodes.Stop)
                return Pop();
            Step(code);
        }

        throw Damaged($"its pickle takes more than {MaxSteps} steps");
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case PickleCodes.Protocol: ReadProtocol(); break;
            case PickleCodes.Frame: _reader.ReadInt64(); break;

            case PickleCodes.None: Push(null); break;
            case PickleCodes.True: Push(true); break;
            case PickleCodes.False: Push(false); break;
            case PickleCodes.Int32: Push((long)_reader.ReadInt32()); break;
            case PickleCodes.UInt8: Push((long)_reader.ReadByte()); break;
            case PickleCodes.UInt16: Push((long)_reader.ReadUInt16()); break;
            case PickleCodes.Long1: Push(ReadLong(_reader.ReadByte())); break;
            case PickleCodes.Long4: Push(ReadLong(_reader.ReadUInt32())); break;
            case PickleCodes.Float: Push(_reader.ReadDoubleBigEndian()); break;

            case PickleCodes.Text8 or PickleCodes.String8: Push(ReadText(_reader.ReadByte())); break;
            case PickleCodes.Text32 or PickleCodes.String32: Push(ReadText(_reader.ReadUInt32())); break;
            case PickleCodes.Text64: Push(ReadText((ulong)_reader.ReadInt64())); break;
            case PickleCodes.Bytes8: Push(ReadBytes(_reader.ReadByte())); break;
            case PickleCodes.Bytes32: Push(ReadBytes(_reader.ReadUInt32())); break;
            case PickleCodes.Bytes64 or PickleCodes.ByteArray64: Push(ReadBytes((ulong)_reader.ReadInt64())); break;

            case PickleCodes.EmptyTuple: Push(new PickleTuple([])); break;
            case PickleCodes.Tuple1: Push(new PickleTuple(PopLast(1))); break;
            case PickleCodes.Tuple2: Push(new PickleTuple(PopLast(2))); break;
            case PickleCodes.Tuple3: Push(new PickleTuple(PopLast(3))); break;
            case PickleCodes.Tuple: Push(new PickleTuple(PopToMark())); break;
            case PickleCodes.EmptyList or PickleCodes.EmptySet: Push(new List<object?>()); break;
            case PickleCodes.List or PickleCodes.FrozenSet: Push(new List<object?>(PopToMark())); break;
            case PickleCodes.Append: Extend(PopLast(1)); break;
            case PickleCodes.Appends or PickleCodes.AddItems: Extend(PopToMark()); break;
            case PickleCodes.EmptyDictionary: Push(new PickleDictionary()); break;
            case PickleCodes.Dictionary: PushDictionary(PopToMark()); break;
            case PickleCodes.SetItem: SetItems(PopLast(2)); break;
            case PickleCodes.SetItems: SetItems(PopToMark()); break;

            case PickleCodes.Mark: PushMark(); break;
            case PickleCodes.Pop: Pop(); break;
            case PickleCodes.PopMark: PopToMark(); break;
            case PickleCodes.Put8: _memo[_reader.ReadByte()] = Peek(); break;
            case PickleCodes.Put32: _memo[_reader.ReadUInt32()] = Peek(); break;
            case PickleCodes.Memoize: _memo[_memo.Count] = Peek(); break;
            case PickleCodes.Get8: Push(Recall(_reader.ReadByte())); break;
            case PickleCodes.Get32: Push(Recall(_reader.ReadUInt32())); break;

            case PickleCodes.Global: Push(_calls.Name(_reader.ReadLine(), _reader.ReadLine())); break;
            case PickleCodes.StackGlobal: PushGlobal(PopLast(2)); break;
            case PickleCodes.Reduce or PickleCodes.NewObject: Call(PopLast(2)); break;
            case PickleCodes.Build: Build(Pop()); break;
            case PickleCodes.PersistentId: Push(ResolvePersistent(Pop())); break;

            default: throw Damaged($"its pickle has the code 0x{code:X2} before byte {_reader.Position}, which is not allowed");
        }
    }

    private void ReadProtocol()
    {
        var protocol = _reader.ReadByte();
        if (protocol is < 2 or > 5)
            throw Damaged($"its pickle has protocol {protocol}, not 2 to 5");
    }

    private object ReadLong(uint length)
    {
        const int MaxLong = 1024;
        if (length > MaxLong)
            throw Damaged($"its pickle has a number of {length} bytes");
        var value = new BigInteger(_reader.ReadBytes(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string ReadText(ulong length)
    {
        CountText(length);
        return _reader.ReadText(length);
    }

    private byte[] ReadBytes(ulong length)
    {
        CountText(length);
        return _reader.ReadBytes(length);
    }

    private void CountText(ulong length)
    {
        _textBytes += (long)Math.Min(length, MaxTextBytes);
        if (_textBytes > MaxTextBytes)
            throw Damaged($"its pickle has more than {MaxTextBytes >> 20} MiB of text");
    }

    private void Push(object? value) => _stack.Add(value);

    private int Floor => _marks.TryPeek(out var mark) ? mark : 0;

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Damaged("its pickle takes more than it gave");

    private object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopLast(int count)
    {
        if (_stack.Count - count < Floor)
            throw Damaged("its pickle takes more than it gave");
        var items = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private void PushMark()
    {
        if (_marks.Count == MaxMarks)
            throw Damaged($"its pickle is nested deeper than {MaxMarks} levels");
        _marks.Push(_stack.Count);
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
            throw Damaged("its pickle ends a group that it never began");
        return PopLast(_stack.Count - _marks.Peek(), _marks.Pop());
    }

    private object?[] PopLast(int count, int start)
    {
        var items = _stack.GetRange(start, count).ToArray();
        _stack.RemoveRange(start, count);
        return items;
    }

    private void Extend(object?[] items)
    {
        switch (Peek())
        {
            case List<object?> list:
                list.AddRange(items);
                break;
            case PickleObject:
                break;
            default:
                throw Damaged("its pickle appends to something that is not a list");
        }
    }

    private void PushDictionary(object?[] items)
    {
        Push(new PickleDictionary());
        SetItems(items);
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
            throw Damaged("its pickle has a key without a value");
        switch (Peek())
        {
            case PickleDictionary dictionary:
                for (var i = 0; i < items.Length; i += 2)
                    dictionary.Pairs.Add(new(items[i], items[i + 1]));
                break;
            case PickleObject:
                break;
            default:
                throw Damaged("its pickle sets an item of something that is not a dictionary");
        }
    }

    private object? Recall(long place) =>
        _memo.TryGetValue(place, out var value)
            ? value
            : throw Damaged($"its pickle recalls number {place}, which it never stored");

    private void PushGlobal(object?[] names)
    {
        if (names is not [string module, string name])
            throw Damaged("its pickle names a class by something that is not text");
        Push(_calls.Name(module, name));
    }

    private void Call(object?[] call)
    {
        if (call is not [PickleGlobal function, PickleTuple arguments])
            throw Damaged("its pickle calls something that is not a class or function");
        Push(_calls.Call(function, arguments.Items));
    }

    /// <summary>Gives the topmost object its attributes.</summary>
    private void Build(object? state)
    {
        if (Peek() is PickleObject target)
            target.Attributes = state as PickleDictionary;
    }

    private object? ResolvePersistent(object? id) =>
        id is PickleTuple { Items: var items }
            ? _resolvePersistent(items)
            : throw Damaged("its pickle has a storage without a description");

    private WeightsException Damaged(string reason) => _reader.Storage.File.Damaged(reason);
}
