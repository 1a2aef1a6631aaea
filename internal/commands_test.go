package internal_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollbook/internal/testing/documents"
)

// ran says of each target of make who runs it: a test by its name, a script of CI
// that has the command, or why neither does.
var ran = map[string]string{
	"help":        "TestEveryCommandIsRun",
	"version":     "TestEveryCommandIsRun",
	"test":        ".ci/run",
	"lint":        ".ci/run",
	"checkov":     ".ci/run",
	"setup":       "make test and make lint begin with it",
	"run":         "TestStack and TestCommand start a stack by the command that it runs, in a folder of their own",
	"stop":        "TestWhatAStackHoldsIsKept",
	"reset":       "TestWhatAStackHoldsIsKept",
	"chaos":       "TestWholeImportsInBadWeather has its short form",
	"bench":       "takes minutes; TestTheReadmeSaysWhatTheBenchCounted compares what it counted with the documents",
	"bench-peers": "installs other programs and takes minutes; TestThePerformanceSaysWhatTheBenchMeasured compares what it measured with the documents",
	"restore":     "TestRestoring",
	"lookups":     "TestRestoring",
	"deploy":      "TestDeployingAsDocumented",
	"doctor":      "TestDeployingAsDocumented",
	"build":       "TestStack builds the same functions",
	"test-tables": ".ci/run",
	"test-api":    "takes as long as make test",
	"soak":        "runs the random tests of make test for as long as one likes",
	"fuzz":        "runs the fuzz tests of make test for as long as one likes",
	"sbom":        "fetches a tool that nothing else needs",
}

// shown has blocks and commands that nothing here can run, by how they begin, with
// the reason.
var shown = map[string]string{
	"fields @timestamp":             "a query of CloudWatch Logs Insights; TestLogLinesSayWhoseTheyAre has the fields",
	"npx @redocly/cli":              "needs Node; TestOpenAPI has the rules",
	"uv pip compile":                "takes newer packages; TestPythonPackagesArePinnedByHash looks at what it writes",
	"soffice":                       "made files once that are kept",
	"curl -X PUT $URL/api/settings": "TestDeployingAsDocumented",
}

// Every command in a document is run by a test, or is of a kind of which is tested
// here that it means something: targets and variables of make, flags, packages and
// tests of Go, operations and options of AWS.
func TestEveryCommandIsRun(t *testing.T) {
	d := &commandsOf{t: t, tests: declaredTests(t), run: runBlocks(t), used: map[string]bool{}}
	n := 0
	for _, file := range markdown(t) {
		if file == "CHANGELOG.md" {
			continue // what is told there may be gone
		}
		b, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range documents.Commands(string(b)) {
			if c.Fence != documents.Inline && (d.run[file] || d.run[file+"#"+c.Heading]) {
				n++
				continue
			}
			place := fmt.Sprintf("%s:%d", file, c.Line)
			if d.shown(c.Text) {
				n++
				continue
			}
			switch c.Fence {
			case "", "text": // a drawing, or what something prints
				if drawn := regexp.MustCompile("(?m)^(make|go|aws|curl) "); drawn.MatchString(c.Text) {
					t.Errorf("%s: commands stand in blocks of sh, or indented", place)
				}
			case "sh", documents.Indented, documents.Inline:
				for _, words := range documents.Words(c.Text) {
					n++
					d.check(place, words)
				}
			default:
				t.Errorf("%s: nobody runs this %s", place, c.Fence)
			}
		}
	}
	d.amazon()
	help, version := d.says("help"), d.says("version")
	for target := range ran {
		if !regexp.MustCompile(`(?m)^` + target + ` +\S`).MatchString(help) {
			t.Errorf("make help does not say what make %s does", target)
		}
	}
	if b, err := os.ReadFile("api/version.go"); err != nil || version == "" || !strings.Contains(string(b), strconv.Quote(version)) {
		t.Errorf("make version says %q (%v)", version, err)
	}
	for begin, reason := range shown {
		if !d.used[begin] {
			t.Errorf("no document has %q any more", begin)
		}
		d.ranBy(begin, reason)
	}
	for target, by := range ran {
		d.ranBy(target, by)
	}
	if n < 100 {
		t.Errorf("only %d commands were looked at", n)
	}
}

// What nobody runs is found, whatever it is.
func TestCommandsThatMeanNothingAreFound(t *testing.T) {
	tests, run := declaredTests(t), runBlocks(t)
	for _, line := range []string{
		"make nothing", "make run PROT=9000", "make deploy ARGS=--noo", `make deploy ARGS="--yes --parameter MailForm=a@b.example"`, "make chaos SEDE=1",
		"go test ./internal/nothing", "go test ./internal/api -run TestNothing", "go test ./internal/api -upgrade", "go run ./internal/testing/bench -onyl costs", "go run ./internal/testing/nothing",
		"go generate ./internal/api", "go shell", ".ci/nothing", ".local/bin/rollbook-local nothing", ".local/bin/nothing", "internal/nothing.sh",
		"aws sqs receive-messages", "aws sqs receive-message --queue-uri x", "aws sqs receive-message --query '[0'", "aws nothing x", "aws cloudformation describe-stacks --query \"Stacks[0].Outputs[?OutputKey=='Nothing'].OutputValue\"",
		"frobnicate --all", "curl https://example.org",
	} {
		rec := &recorder{TB: t}
		d := &commandsOf{t: rec, tests: tests, run: run, used: map[string]bool{}}
		for _, words := range documents.Words(line) {
			d.check("here", words)
		}
		d.amazon()
		if len(rec.errors) == 0 {
			t.Errorf("%s passes for a command that is run", line)
		}
	}
}

// recorder keeps what a test would fail with.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// commandsOf checks commands one by one.
type commandsOf struct {
	t       testing.TB
	tests   map[string]bool
	run     map[string]bool
	used    map[string]bool
	amazons []amazon
}

// amazon is a command of the AWS CLI.
type amazon struct {
	Place string
	Words []string
}

// shown reports whether it is one of those that nothing can run.
func (d *commandsOf) shown(text string) bool {
	for begin := range shown {
		if strings.HasPrefix(text, begin) {
			d.used[begin] = true
			return true
		}
	}
	return false
}

var makeVariable = regexp.MustCompile(`^[A-Z]+=`)

func (d *commandsOf) check(place string, words []string) {
	d.t.Helper()
	line := strings.Join(words, " ")
	if d.shown(line) {
		return
	}
	switch program := words[0]; {
	case program == "make":
		d.make(place, words[1:])
	case program == "go":
		d.golang(place, words[1:])
	case program == "aws":
		d.amazons = append(d.amazons, amazon{place, words[1:]})
	case program == "cd" || program == "jq" || program == "sed":
		// Of a block whose other commands are looked at.
	case program == ".local/bin/rollbook-local":
		d.local(place, words[1:])
	case strings.HasPrefix(strings.TrimPrefix(program, "./"), ".ci/") || strings.HasSuffix(program, ".sh"):
		if s, err := os.Stat(filepath.Join("..", program)); err != nil || s.Mode()&0o111 == 0 {
			d.t.Errorf("%s: %s is no script", place, program)
			return
		}
		if b, err := os.ReadFile(filepath.Join("..", program)); err == nil && strings.HasPrefix(string(b), "#!/usr/bin/env bash\n") {
			if out, err := exec.Command("bash", "-n", filepath.Join("..", program)).CombinedOutput(); err != nil {
				d.t.Errorf("%s: %v, %s", place, err, out)
			}
		}
		if program == ".ci/deploy" {
			d.deploy(place, words[1:])
		}
		if program == ".ci/up" {
			d.local(place, append([]string{"up"}, words[1:]...))
		}
		if i := slices.Index(words, "go"); i > 0 { // beside what the script starts
			d.golang(place, words[i+1:])
		}
	default:
		d.t.Errorf("%s: nobody runs %q", place, line)
	}
}

// make checks the target, that each variable makes a difference, and what it runs.
func (d *commandsOf) make(place string, words []string) {
	d.t.Helper()
	var targets, variables []string
	for _, w := range words {
		if makeVariable.MatchString(w) {
			variables = append(variables, w)
		} else {
			targets = append(targets, w)
		}
	}
	for _, target := range targets {
		if ran[target] == "" {
			d.t.Errorf("%s: nobody runs make %s", place, target)
			return
		}
		would := func(variables []string) string {
			cmd := exec.Command("make", slices.Concat([]string{"--no-print-directory", "-n", target}, variables)...)
			cmd.Dir = ".."
			cmd.Env = withoutMake()
			out, err := cmd.CombinedOutput()
			if err != nil {
				d.t.Errorf("%s: make %s: %v, %s", place, target, err, out)
			}
			return string(out)
		}
		all := would(variables)
		for i, v := range variables {
			name, _, _ := strings.Cut(v, "=")
			if without := would(slices.Concat(variables[:i], variables[i+1:])); without == all && !d.environment(target, name) {
				d.t.Errorf("%s: make %s does nothing with %s", place, target, name)
			}
		}
		// The set-up comes before, and is the same for all.
		lines := strings.Split(strings.TrimSpace(all), "\n")
		for _, words := range documents.Words(lines[len(lines)-1]) {
			switch words[0] {
			case ".ci/deploy", ".ci/up", "go":
				d.check(place, words)
			}
		}
	}
}

// says runs a target that does nothing but print.
func (d *commandsOf) says(target string) string {
	d.t.Helper()
	cmd := exec.Command("make", "-s", target)
	cmd.Dir = ".."
	cmd.Env = withoutMake()
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Errorf("make %s: %v, %s", target, err, out)
	}
	return strings.TrimSpace(string(out))
}

// withoutMake is the environment without what a make around the tests has put there.
func withoutMake() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "MAKE") || strings.HasPrefix(s, "MFLAGS=") || makesVariable.MatchString(s)
	})
}

// makesVariable are those that a person or CI may have set for make.
var makesVariable = regexp.MustCompile(`^(WITHOUT|SEED|TESTFLAGS|PORT|CONTACTS|ROUNDS|ROWS|MINUTES|FUZZTIME|STACK|ARGS|URL|TOKEN|EXAMPLES)=`)

// environment reports whether a target's script reads a variable that make hands on
// in the environment.
func (d *commandsOf) environment(target, name string) bool {
	b, err := os.ReadFile(filepath.Join("..", ".ci", target))
	return err == nil && strings.Contains(string(b), "${"+name+":-")
}

// ranBy checks that there is who is said to run a command.
func (d *commandsOf) ranBy(what, by string) {
	d.t.Helper()
	for _, name := range testForm.FindAllString(by, -1) {
		if !d.tests[name] {
			d.t.Errorf("%s: there is no %s", what, name)
		}
	}
	if strings.HasPrefix(by, ".ci/") {
		b, err := os.ReadFile(filepath.Join("..", by))
		if err != nil || !regexp.MustCompile(`(?m)^make `+what+`$`).Match(b) {
			d.t.Errorf("%s does not run make %s", by, what)
		}
	}
}

var (
	goFlag = regexp.MustCompile(`flag\.(?:\w+)\((?:&[\w.]+, )?"([\w.]+)"`)
)

// golang checks packages, flags and the names of tests.
func (d *commandsOf) golang(place string, words []string) {
	d.t.Helper()
	dir := ".."
	if len(words) > 1 && words[0] == "-C" {
		dir, words = filepath.Join("..", words[1]), words[2:]
	}
	if len(words) == 0 {
		d.t.Errorf("%s: go does what?", place)
		return
	}
	switch words[0] {
	case "test", "run", "vet":
	case "generate":
		if !slices.Equal(words, []string{"generate", "./internal/web"}) { // whose test says when it was forgotten
			d.t.Errorf("%s: nobody runs go %s", place, strings.Join(words, " "))
		}
		return
	case "tool":
		for _, w := range words {
			if file, ok := strings.CutPrefix(w, "-modfile="); ok {
				if _, err := os.Stat(filepath.Join("..", file)); err != nil {
					d.t.Errorf("%s: %v", place, err)
				}
			}
		}
		return
	default:
		d.t.Errorf("%s: nobody runs go %s", place, words[0])
		return
	}
	var folders []string
	for _, w := range words {
		if strings.HasPrefix(w, "./") && !strings.Contains(w, "…") {
			folder := filepath.Join(dir, strings.TrimSuffix(w, "/..."))
			if files, _ := filepath.Glob(filepath.Join(folder, "*.go")); len(files) == 0 && !strings.HasSuffix(w, "...") && dir == ".." {
				d.t.Errorf("%s: %s is no package", place, w)
				return
			}
			folders = append(folders, folder)
			if words[0] == "run" {
				break // what follows is the program's
			}
		}
	}
	if len(folders) == 0 {
		d.t.Errorf("%s: go %s names no package", place, strings.Join(words, " "))
		return
	}
	source := sourceOf(d.t, folders[0], words[0] == "test")
	flags := []string{}
	for _, m := range goFlag.FindAllStringSubmatch(source, -1) {
		flags = append(flags, m[1])
	}
	if words[0] == "test" {
		flags = append(flags, "run", "bench", "benchtime", "count", "race", "v", "timeout", "fuzz", "fuzztime")
		if strings.Contains(source, "pgregory.net/rapid") {
			flags = append(flags, "rapid.checks", "rapid.seed")
		}
	}
	for i, w := range words[1:] {
		name, value, given := strings.Cut(strings.TrimLeft(w, "-[ "), "=")
		if !strings.HasPrefix(strings.TrimLeft(w, "["), "-") || name == "" {
			continue
		}
		if !slices.Contains(flags, name) {
			d.t.Errorf("%s: go %s does not take -%s", place, words[0], name)
		}
		if words[0] == "test" && (name == "run" || name == "bench") {
			if !given && i+2 < len(words) {
				value = words[i+2]
			}
			if value == "-" || value == "^$" {
				continue
			}
			form, err := regexp.Compile(value)
			if err != nil || !form.MatchString(strings.Join(testsIn(source), "\n")) && !slices.ContainsFunc(testsIn(source), form.MatchString) {
				d.t.Errorf("%s: %s has no test like %s", place, folders[0], value)
			}
		}
	}
}

var testName = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)

func testsIn(source string) []string {
	var names []string
	for _, m := range testName.FindAllStringSubmatch(source, -1) {
		names = append(names, m[1])
	}
	return names
}

// sourceOf returns the text of a package, and of its tests if these are asked for.
func sourceOf(t testing.TB, folder string, tests bool) string {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		if !tests && strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// local checks what rollbook-local is told.
func (d *commandsOf) local(place string, words []string) {
	d.t.Helper()
	b, err := os.ReadFile("local/rollbook-local/main.go")
	if err != nil {
		d.t.Fatal(err)
	}
	if len(words) == 0 || !strings.Contains(string(b), "\tcase "+strconv.Quote(words[0])+":") {
		d.t.Errorf("%s: rollbook-local does not take %q", place, words)
		return
	}
	if words[0] == "emulator" {
		if len(words) < 2 {
			d.t.Errorf("%s: rollbook-local emulator runs what?", place)
			return
		}
		d.check(place, words[1:])
		return
	}
	for _, w := range words[1:] {
		if name, ok := strings.CutPrefix(w, "--"); ok && !strings.Contains(string(b), "("+strconv.Quote(name)+",") {
			d.t.Errorf("%s: rollbook-local %s does not take %s", place, words[0], w)
		}
	}
}

var (
	deployOption = regexp.MustCompile(`add_argument\("(--[a-z-]+)"`)
	parameterOf  = regexp.MustCompile(`^([A-Z]\w+)=`)
)

// deploy checks options, and that parameters are those of the template.
func (d *commandsOf) deploy(place string, words []string) {
	d.t.Helper()
	script, err := os.ReadFile("../.ci/deploy.py")
	if err != nil {
		d.t.Fatal(err)
	}
	options := map[string]bool{}
	for _, m := range deployOption.FindAllStringSubmatch(string(script), -1) {
		options[m[1]] = true
	}
	for _, w := range words[1:] {
		if name, _, _ := strings.Cut(w, "="); strings.HasPrefix(w, "--") && !options[name] {
			d.t.Errorf("%s: %s does not take %s", place, words[0], name)
		}
		if m := parameterOf.FindStringSubmatch(w); m != nil && !templateHas(d.t, "Parameters", m[1]) {
			d.t.Errorf("%s: the template has no parameter %s", place, m[1])
		}
	}
}

// templateHas reports whether a section of a template has something of that name.
func templateHas(t testing.TB, section, name string) bool {
	for _, file := range []string{"../template.yaml", "../dropfolder.yaml"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut("\n"+string(b), "\n"+section+":\n")
		if end := regexp.MustCompile(`(?m)^\S`).FindStringIndex(rest); end != nil {
			rest = rest[:end[0]]
		}
		if regexp.MustCompile(`(?m)^  ` + name + `:`).MatchString(rest) {
			return true
		}
	}
	return false
}

// asked tells of each command of the AWS CLI what is wrong, as the models of the
// services have it.
const asked = `
import json, sys
import botocore, botocore.session, jmespath
session = botocore.session.get_session()
known = {"--query", "--output", "--region", "--profile"}
alone = {"s3": {"cp", "ls", "sync"}}
for c in json.load(sys.stdin):
    place, words = c["Place"], c["Words"]
    def wrong(what): print(f"{place}: {what}")
    service, operation, options = words[0], words[1], [w.split("=")[0] for w in words[2:] if w.startswith("--")]
    if "--query" in words:
        try: jmespath.compile(words[words.index("--query") + 1])
        except Exception as e: wrong(e)
    if operation in alone.get(service, ()): continue
    if (service, operation) == ("cloudformation", "deploy"):
        known_here = {"--template-file", "--stack-name", "--capabilities", "--parameter-overrides"}
        for o in options:
            if o not in known_here: wrong(f"no option {o}")
        continue
    if service not in session.get_available_services(): wrong(f"no service {service}"); continue
    model = session.get_service_model(service)
    operations = {botocore.xform_name(o, "-"): o for o in model.operation_names}
    if operation not in operations: wrong(f"{service} has no {operation}"); continue
    members = model.operation_model(operations[operation]).input_shape.members
    takes = {"--" + botocore.xform_name(m, "-") for m in members} | known
    for o in options:
        if o not in takes: wrong(f"{service} {operation} takes no {o}")
`

var (
	outputKey = regexp.MustCompile(`OutputKey=='(\w+)'`)
	logical   = regexp.MustCompile(`--logical-resource-id (\w+)`)
)

// amazon checks the commands of the AWS CLI, all at once.
func (d *commandsOf) amazon() {
	d.t.Helper()
	if len(d.amazons) == 0 {
		return
	}
	for _, a := range d.amazons {
		line := strings.Join(a.Words, " ")
		for _, m := range outputKey.FindAllStringSubmatch(line, -1) {
			if !templateHas(d.t, "Outputs", m[1]) {
				d.t.Errorf("%s: the template has no output %s", a.Place, m[1])
			}
		}
		for _, m := range logical.FindAllStringSubmatch(line, -1) {
			if !templateHas(d.t, "Resources", m[1]) {
				d.t.Errorf("%s: the template has no %s", a.Place, m[1])
			}
		}
	}
	in, err := json.Marshal(d.amazons)
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command("../.local/sam/bin/python", "-c", asked)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Errorf("make setup makes it: %v, %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		d.t.Errorf("%s", strings.TrimSpace(line))
	}
}

var blocksCall = regexp.MustCompile(`documents\.Blocks\(\w+, "([^"]+)", "([^"]*)"\)`)

// runBlocks returns the documents, or parts of them after a "#", whose blocks a test
// runs.
func runBlocks(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), "documents.Blocks(") {
			return err
		}
		for _, m := range blocksCall.FindAllStringSubmatch(string(b), -1) {
			if m[2] == "" {
				all[m[1]] = true
			} else {
				all[m[1]+"#"+m[2]] = true
			}
		}
		return nil
	})
	if err != nil || len(all) < 2 {
		t.Fatal(all, err)
	}
	return all
}
