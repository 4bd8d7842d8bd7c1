using System.Numerics;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>Which of a step's rows go through which adapters: adapters with about as many rows go together, padded to the most.</summary>
internal sealed class AdapterPlan
{
    private readonly StepNumbers _numbers;
    private readonly Group[] _groups;
    private readonly StepNumbers.Part? _places;
    private readonly bool _some;

    private AdapterPlan(StepNumbers numbers, Group[] groups, StepNumbers.Part? places, bool some) => (_numbers, _groups, _places, _some) = (numbers, groups, places, some);

    /// <summary>A plan for rows with adapters.</summary>
    /// <param name="rows">The number of each row's adapter; -1 for none.</param>
    /// <param name="numbers">Takes what the plan needs on the device.</param>
    /// <returns>Null where no row has one.</returns>
    public static AdapterPlan? Of(int[] rows, StepNumbers numbers)
    {
        List<Member> members = [.. rows.Select((adapter, row) => (adapter, row)).Where(one => one.adapter >= 0).GroupBy(one => one.adapter, one => one.row).Select(rows => new Member(rows.Key, [.. rows])).OrderBy(member => member.Adapter)];
        if (members.Count == 0) return null;
        long[] places = new long[rows.Length];
        Array.Fill(places, -1);
        int done = 0;
        List<Group> groups = [];
        foreach (IGrouping<uint, Member> alike in members.GroupBy(member => BitOperations.RoundUpToPowerOf2((uint)member.Rows.Length)))
        {
            Member[] those = [.. alike];
            int most = those.Max(member => member.Rows.Length);
            long[] chosen = [.. those.SelectMany(member => Enumerable.Range(0, most).Select(row => (long)member.Rows[Math.Min(row, member.Rows.Length - 1)]))];
            for (int member = 0; member < those.Length; member++)
            {
                for (int row = 0; row < those[member].Rows.Length; row++) places[those[member].Rows[row]] = done + member * most + row;
            }

            done += chosen.Length;
            bool consecutive = those[^1].Adapter - those[0].Adapter == those.Length - 1;
            groups.Add(new Group(those[0].Adapter, those.Length, most, numbers.Add(chosen), consecutive ? null : numbers.Add(those.Select(member => (long)member.Adapter))));
        }

        bool some = places.Contains(-1);
        bool asTheyStand = groups.Count == 1 && !some && done == rows.Length && places.Select((place, row) => place == row).All(same => same);
        // A row without an adapter takes the zeros behind all updates.
        return new AdapterPlan(numbers, [.. groups], asTheyStand ? null : numbers.Add(places.Select(place => place < 0 ? done : place)), some);
    }

    /// <summary>Adds the rows' updates to a product.</summary>
    /// <param name="stack">The adapters of that product; null for none.</param>
    /// <param name="input">What was multiplied, [rows, inputs].</param>
    /// <param name="output">The product, [rows, outputs].</param>
    public Tensor Add(AdapterStack? stack, Tensor input, Tensor output)
    {
        if (stack is null) return output;
        List<Tensor> updates =
        [
            .. _groups.Select(group =>
            {
                Tensor chosen = _places is null ? input : input.index_select(0, _numbers.Of(group.Chosen));
                Tensor update = stack.Update(chosen.view(group.Adapters, group.Rows, -1), all => group.Numbers is { } those ? all.index_select(0, _numbers.Of(those)) : all.narrow(0, group.First, group.Adapters));
                return update.reshape(group.Adapters * group.Rows, -1);
            }),
        ];
        if (_some) updates.Add(zeros([1, output.shape[1]], output.dtype, output.device));
        Tensor together = updates.Count == 1 ? updates[0] : cat(updates, 0);
        return output.Plus(_places is { } places ? together.index_select(0, _numbers.Of(places)) : together);
    }

    /// <summary>An adapter and its rows.</summary>
    private sealed record Member(int Adapter, int[] Rows);

    /// <summary>Adapters that are computed together.</summary>
    /// <param name="First">The least number of theirs.</param>
    /// <param name="Adapters">How many.</param>
    /// <param name="Rows">Rows of each, padded.</param>
    /// <param name="Chosen">The rows, by adapters.</param>
    /// <param name="Numbers">The adapters' numbers; null where they follow each other.</param>
    private sealed record Group(int First, int Adapters, int Rows, StepNumbers.Part Chosen, StepNumbers.Part? Numbers);
}
