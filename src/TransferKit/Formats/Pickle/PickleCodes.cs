namespace TransferKit;

/// <summary>The opcodes of Python's pickle format that state_dicts use (CPython, Lib/pickletools.py).</summary>
internal static class PickleCodes
{
    public const byte Protocol = 0x80;
    public const byte Frame = 0x95;
    public const byte Stop = (byte)'.';

    public const byte None = (byte)'N';
    public const byte True = 0x88;
    public const byte False = 0x89;
    public const byte Int32 = (byte)'J';
    public const byte UInt8 = (byte)'K';
    public const byte UInt16 = (byte)'M';
    public const byte Long1 = 0x8A;
    public const byte Long4 = 0x8B;
    public const byte Float = (byte)'G';

    public const byte Text8 = 0x8C;
    public const byte Text32 = (byte)'X';
    public const byte Text64 = 0x8D;
    public const byte String8 = (byte)'U';
    public const byte String32 = (byte)'T';
    public const byte Bytes8 = (byte)'C';
    public const byte Bytes32 = (byte)'B';
    public const byte Bytes64 = 0x8E;
    public const byte ByteArray64 = 0x96;

    public const byte EmptyTuple = (byte)')';
    public const byte Tuple = (byte)'t';
    public const byte Tuple1 = 0x85;
    public const byte Tuple2 = 0x86;
    public const byte Tuple3 = 0x87;
    public const byte EmptyList = (byte)']';
    public const byte List = (byte)'l';
    public const byte Append = (byte)'a';
    public const byte Appends = (byte)'e';
    public const byte EmptySet = 0x8F;
    public const byte AddItems = 0x90;
    public const byte FrozenSet = 0x91;
    public const byte EmptyDictionary = (byte)'}';
    public const byte Dictionary = (byte)'d';
    public const byte SetItem = (byte)'s';
    public const byte SetItems = (byte)'u';

    public const byte Mark = (byte)'(';
    public const byte Pop = (byte)'0';
    public const byte PopMark = (byte)'1';
    public const byte Put8 = (byte)'q';
    public const byte Put32 = (byte)'r';
    public const byte Memoize = 0x94;
    public const byte Get8 = (byte)'h';
    public const byte Get32 = (byte)'j';

    public const byte Global = (byte)'c';
    public const byte StackGlobal = 0x93;
    public const byte Reduce = (byte)'R';
    public const byte NewObject = 0x81;
    public const byte Build = (byte)'b';
    public const byte PersistentId = (byte)'Q';
}
