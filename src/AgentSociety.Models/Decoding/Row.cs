namespace AgentSociety.Models;

/// <summary>One token on its way through the decoder.</summary>
/// <param name="Token">The token.</param>
/// <param name="Slot">The cache slot of its sequence.</param>
/// <param name="Position">Its place in the sequence; all places before it are in the slot's cache or earlier in the same run.</param>
/// <param name="Adapter">The adapter as it was when the sequence was admitted; null for none.</param>
/// <param name="Output">Where its logits go; -1 where they are not wanted.</param>
internal readonly record struct Row(int Token, int Slot, int Position, AdapterVersion? Adapter, int Output);
