namespace AgentSociety.Environments.Code;

/// <summary>How complex and how unlike one another programs are.</summary>
/// <param name="Programs">How many were measured.</param>
/// <param name="Depth">Mean depth of their syntax trees.</param>
/// <param name="Nodes">Mean nodes of their syntax trees.</param>
/// <param name="Kinds">Mean distinct kinds of nodes.</param>
/// <param name="Cyclomatic">Mean independent paths (McCabe 1976).</param>
/// <param name="Distance">Mean distance of all pairs, from 0 for the same make to 1 for nothing in common.</param>
public sealed record CodeVariety(int Programs, double Depth, double Nodes, double Kinds, double Cyclomatic, double Distance)
{
    /// <summary>Measures programs; texts that are not JavaScript are passed over.</summary>
    public static CodeVariety Of(IEnumerable<string> programs)
    {
        (CodeShape Shape, IReadOnlySet<string> Edges)[] all = [.. programs.Select(program => (Shape: CodeShape.Of(program), Edges: CodeShape.Edges(program))).Where(one => one.Shape is not null).Select(one => (one.Shape!, one.Edges))];
        if (all.Length == 0) return new(0, 0, 0, 0, 0, 0);
        double[] distances = [.. from first in Enumerable.Range(0, all.Length) from second in Enumerable.Range(0, first) select Between(all[first].Edges, all[second].Edges)];
        return new(all.Length, all.Average(one => one.Shape.Depth), all.Average(one => one.Shape.Nodes), all.Average(one => one.Shape.Kinds), all.Average(one => one.Shape.Cyclomatic), distances.DefaultIfEmpty(0).Average());
    }

    /// <summary>Distance of two programs: one less the share of their trees' edges that they have in common (Jaccard 1912).</summary>
    public static double Between(string first, string second) => Between(CodeShape.Edges(first), CodeShape.Edges(second));

    private static double Between(IReadOnlySet<string> first, IReadOnlySet<string> second)
    {
        int common = first.Count(second.Contains), all = first.Count + second.Count - common;
        return all == 0 ? 0 : 1 - (double)common / all;
    }
}
