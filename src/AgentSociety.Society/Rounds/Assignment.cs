using AgentSociety.Core.Environments;

namespace AgentSociety.Society;

/// <summary>Who attempts which problem of a round: the solvers in turn; where problems are parts of jobs that are made for roles, those who have the part's role, in turn.</summary>
/// <remarks>
/// Of R roles a solver has one, the first solver the first, and again from the start where there are more solvers than roles; where there are fewer, a solver has several.
/// Follows from the population and the problems alone, so that a resumed run agrees.
/// </remarks>
internal static class Assignment
{
    /// <summary>For each problem its solver, by the place among <see cref="RunPlan.Solvers"/>.</summary>
    public static int[] Of(RunPlan plan, IReadOnlyList<Problem> problems)
    {
        int solvers = plan.Solvers.Count;
        if (plan.Environment is not IOrganisation organisation) return [.. Enumerable.Range(0, problems.Count).Select(place => place % solvers)];
        string[] roles = [.. organisation.Roles];
        int[] turns = new int[roles.Length];
        return
        [
            .. problems.Select(problem =>
            {
                int role = Array.IndexOf(roles, organisation.Plan(problem).First(part => part.Problem.Text == problem.Text).Role);
                return role < solvers ? role + (turns[role]++ % ((solvers - 1 - role) / roles.Length + 1) * roles.Length) : role % solvers;
            }),
        ];
    }
}
