using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using AgentSociety.Core.Scenarios;
using NJsonSchema;
using YamlDotNet.Serialization;

namespace AgentSociety.Society.Tests.Scenarios;

/// <summary>The schema is judged by a validator that others wrote.</summary>
public sealed class ScenarioSchemaTests
{
    private const string Least = "name: least\nenvironment:\n  name: hidden-operators\n";

    [Theory]
    [InlineData(Least)]
    [InlineData(Least + "population:\n  - role: solver\n    adapter: agent\n  - role: proposer\nlearning:\n  klEstimator: k1\n  lora:\n    targets: [q_proj]\n")]
    [InlineData("name: sums\nenvironment:\n  name: arithmetic\n  options:\n    operations: '+-'\n")]
    public async Task A_scenario_that_loads_fits_the_schema_as_it_was_written_and_as_it_was_resolved(string yaml)
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(ScenarioSchema.Json());
        Assert.Empty(schema.Validate(ToJson(yaml)));
        Assert.Empty(schema.Validate(ToJson(ScenarioFile.Parse(yaml, "s.yaml").Yaml)));
    }

    [Theory]
    [InlineData("bach: 3")]
    [InlineData("seed: -1")]
    [InlineData("learning: {batch: 0}")]
    [InlineData("learning: {batch: many}")]
    [InlineData("learning: {advantage: groups}")]
    [InlineData("evaluation: {difficulties: []}")]
    [InlineData("population: [{count: 2}]")]
    [InlineData("name: no good")]
    public async Task A_scenario_that_does_not_load_does_not_fit(string wrong)
    {
        string yaml = wrong.StartsWith("name", StringComparison.Ordinal) ? Least.Replace("name: least", wrong) : Least + wrong;
        Assert.Throws<Core.SocietyException>(() => ScenarioFile.Parse(yaml, "s.yaml"));
        JsonSchema schema = await JsonSchema.FromJsonAsync(ScenarioSchema.Json());
        Assert.NotEmpty(schema.Validate(ToJson(yaml)));
    }

    [Fact]
    public void Every_key_says_what_it_is_for_and_every_default_is_the_records_own()
    {
        JsonObject schema = JsonNode.Parse(ScenarioSchema.Json())!.AsObject();
        JsonObject definitions = schema["definitions"]!.AsObject();
        foreach ((string name, JsonNode? record) in definitions.Append(KeyValuePair.Create("Scenario", (JsonNode?)schema)))
            Assert.All(record!["properties"]!.AsObject(), property => Assert.True(property.Value!["description"]!.GetValue<string>().Length > 5, $"{name}.{property.Key} has no description"));
        Assert.Equal(new LearningSettings().LearningRate, definitions["LearningSettings"]!["properties"]!["learningRate"]!["default"]!.GetValue<double>());
        RangeAttribute range = typeof(LearningSettings).GetProperty(nameof(LearningSettings.Batch))!.GetCustomAttribute<RangeAttribute>()!;
        Assert.Equal(Convert.ToDouble(range.Maximum), definitions["LearningSettings"]!["properties"]!["batch"]!["maximum"]!.GetValue<double>());
    }

    [Fact]
    public async Task Experiment_files_have_a_schema_of_their_own()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(ScenarioSchema.ExperimentJson());
        Assert.Empty(schema.Validate(ToJson("name: e\nbase: b.yaml\narms:\n  - {name: a, as: episodes}\n  - {name: b, as: single-lifetime, set: [seed=2], notesFrom: a}\nstopping: power\n")));
        Assert.NotEmpty(schema.Validate(ToJson("name: e\nbase: b.yaml\narms:\n  - {name: a, as: oracles}\n")));
        Assert.NotEmpty(schema.Validate(ToJson("name: e\n")));
        Assert.Contains("Raw transcripts", schema.Definitions["ArmSettings"].Properties["as"].Description);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TinySociety.Repository(), "scenarios", "experiments"), "*.yaml").Where(file => File.ReadAllText(file).Contains("\nbase:")))
            Assert.True(schema.Validate(ToJson(File.ReadAllText(file))).Count == 0, file);
    }

    // YamlDotNet's own way from YAML to JSON, which shares nothing with the reader under test.
    private static string ToJson(string yaml)
    {
        object? graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(new StringReader(yaml));
        return new SerializerBuilder().JsonCompatible().Build().Serialize(graph);
    }
}
