using System.ComponentModel.DataAnnotations;
using AgentSociety.Core;

namespace AgentSociety.Environments;

/// <summary>Holds options to the ranges that their attributes state.</summary>
static class OptionChecks
{
    /// <exception cref="SocietyException">Names the environment and every option that is out of range.</exception>
    public static void Require(string environment, object options)
    {
        List<ValidationResult> failures = [];
        if (Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true)) return;
        throw new SocietyException($"environment '{environment}', options: {string.Join(" ", failures.Select(failure => failure.ErrorMessage))}");
    }
}
