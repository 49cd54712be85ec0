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

    private readonly ByteReader reader;
    private readonly PickleCalls calls;
    private readonly Func<object?[], object?> resolvePersistent;
    private readonly Dictionary<long, object?> memo = [];
    private readonly Stack<int> marks = [];
    private List<object?> stack = [];
    private long textBytes;

    /// <param name="reader">Where the pickle starts.</param>
    /// <param name="resolvePersistent">Finds what a persistent id (a tuple) stands for: torch's storages.</param>
    /// <param name="isScript">Whether the file is a TorchScript archive.</param>
    private Unpickler(ByteReader reader, Func<object?[], object?> resolvePersistent, bool isScript)
    {
        this.reader = reader;
        this.resolvePersistent = resolvePersistent;
        calls = new PickleCalls(reader.Storage.File, isScript);
    }

    /// <summary>Reads one pickle; the reader then stands behind it.</summary>
    public static object? Read(ByteReader reader, Func<object?[], object?>? resolvePersistent = null, bool isScript = false)
    {
        var unpickler = new Unpickler(
            reader, resolvePersistent ?? (_ => throw reader.Storage.File.Damaged("it has a storage where none can be")), isScript);
        return unpickler.Run();
    }

    private object? Run()
    {
        for (var steps = 0; steps < MaxSteps; steps++)
        {
            var code = reader.ReadByte();
            if (code == PickleCodes.Stop)
            {
                return Pop();
            }

            Step(code);
        }

        throw Damaged($"its pickle takes more than {MaxSteps} steps");
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case PickleCodes.Protocol: ReadProtocol(); break;
            case PickleCodes.Frame: reader.ReadInt64(); break;

            case PickleCodes.None: Push(null); break;
            case PickleCodes.True: Push(true); break;
            case PickleCodes.False: Push(false); break;
            case PickleCodes.Int32: Push((long)reader.ReadInt32()); break;
            case PickleCodes.UInt8: Push((long)reader.ReadByte()); break;
            case PickleCodes.UInt16: Push((long)reader.ReadUInt16()); break;
            case PickleCodes.Long1: Push(ReadLong(reader.ReadByte())); break;
            case PickleCodes.Long4: Push(ReadLong(reader.ReadUInt32())); break;
            case PickleCodes.Float: Push(reader.ReadDoubleBigEndian()); break;

            case PickleCodes.Text8 or PickleCodes.String8: Push(ReadText(reader.ReadByte())); break;
            case PickleCodes.Text32 or PickleCodes.String32: Push(ReadText(reader.ReadUInt32())); break;
            case PickleCodes.Text64: Push(ReadText((ulong)reader.ReadInt64())); break;
            case PickleCodes.Bytes8: Push(ReadBytes(reader.ReadByte())); break;
            case PickleCodes.Bytes32: Push(ReadBytes(reader.ReadUInt32())); break;
            case PickleCodes.Bytes64 or PickleCodes.ByteArray64: Push(ReadBytes((ulong)reader.ReadInt64())); break;

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
            case PickleCodes.Put8: memo[reader.ReadByte()] = Peek(); break;
            case PickleCodes.Put32: memo[reader.ReadUInt32()] = Peek(); break;
            case PickleCodes.Memoize: memo[memo.Count] = Peek(); break;
            case PickleCodes.Get8: Push(Recall(reader.ReadByte())); break;
            case PickleCodes.Get32: Push(Recall(reader.ReadUInt32())); break;

            case PickleCodes.Global: Push(calls.Name(reader.ReadLine(), reader.ReadLine())); break;
            case PickleCodes.StackGlobal: PushGlobal(PopLast(2)); break;
            case PickleCodes.Reduce or PickleCodes.NewObject: Call(PopLast(2)); break;
            case PickleCodes.Build: Build(Pop()); break;
            case PickleCodes.PersistentId: Push(ResolvePersistent(Pop())); break;

            default: throw Damaged($"its pickle has the code 0x{code:X2}, which state_dicts never use, before byte {reader.Position}");
        }
    }

    private void ReadProtocol()
    {
        var protocol = reader.ReadByte();
        if (protocol is < 2 or > 5)
        {
            throw Damaged($"its pickle has protocol {protocol}, not 2 to 5");
        }
    }

    private object ReadLong(uint length)
    {
        const int MaxLong = 1024;
        if (length > MaxLong)
        {
            throw Damaged($"its pickle has a number of {length} bytes");
        }

        var value = new BigInteger(reader.ReadBytes(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private string ReadText(ulong length)
    {
        CountText(length);
        return reader.ReadText(length);
    }

    private byte[] ReadBytes(ulong length)
    {
        CountText(length);
        return reader.ReadBytes(length);
    }

    private void CountText(ulong length)
    {
        textBytes += (long)Math.Min(length, MaxTextBytes);
        if (textBytes > MaxTextBytes)
        {
            throw Damaged($"its pickle has more than {MaxTextBytes >> 20} MiB of text");
        }
    }

    private void Push(object? value) => stack.Add(value);

    private int Floor => marks.TryPeek(out var mark) ? mark : 0;

    private object? Peek() => stack.Count > Floor ? stack[^1] : throw Damaged("its pickle takes more than it gave");

    private object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopLast(int count)
    {
        if (stack.Count - count < Floor)
        {
            throw Damaged("its pickle takes more than it gave");
        }

        var items = stack.GetRange(stack.Count - count, count).ToArray();
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private void PushMark()
    {
        if (marks.Count == MaxMarks)
        {
            throw Damaged($"its pickle is nested deeper than {MaxMarks} levels");
        }

        marks.Push(stack.Count);
    }

    private object?[] PopToMark()
    {
        if (marks.Count == 0)
        {
            throw Damaged("its pickle ends a group that it never began");
        }

        return PopLast(stack.Count - marks.Peek(), marks.Pop());
    }

    private object?[] PopLast(int count, int start)
    {
        var items = stack.GetRange(start, count).ToArray();
        stack.RemoveRange(start, count);
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
        {
            throw Damaged("its pickle has a key without a value");
        }

        switch (Peek())
        {
            case PickleDictionary dictionary:
                for (var i = 0; i < items.Length; i += 2)
                {
                    dictionary.Pairs.Add(new(items[i], items[i + 1]));
                }

                break;
            case PickleObject:
                break;
            default:
                throw Damaged("its pickle sets an item of something that is not a dictionary");
        }
    }

    private object? Recall(long place) =>
        memo.TryGetValue(place, out var value) ? value : throw Damaged($"its pickle recalls number {place}, which it never stored");

    private void PushGlobal(object?[] names)
    {
        if (names is not [string module, string name])
        {
            throw Damaged("its pickle names a class by something that is not text");
        }

        Push(calls.Name(module, name));
    }

    private void Call(object?[] call)
    {
        if (call is not [PickleGlobal function, PickleTuple arguments])
        {
            throw Damaged("its pickle calls something that is not a class or function");
        }

        Push(calls.Call(function, arguments.Items));
    }

    /// <summary>Gives the topmost object its attributes.</summary>
    private void Build(object? state)
    {
        if (Peek() is PickleObject target)
        {
            target.Attributes = state as PickleDictionary;
        }
    }

    private object? ResolvePersistent(object? id) =>
        id is PickleTuple { Items: var items } ? resolvePersistent(items) : throw Damaged("its pickle has a storage without a description");

    private WeightsException Damaged(string reason) => reader.Storage.File.Damaged(reason);
}
