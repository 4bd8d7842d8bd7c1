namespace AgentSociety.Models.Cpu;

/// <summary>The upper half of a float32: its sign, its exponent and seven bits of fraction.</summary>
internal readonly record struct BFloat16(ushort Bits);
