package endtoend_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rollbook/internal/testing/needs"
)

const root = "../../.."

// in runs a program in a folder, and returns what it printed.
func in(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String()
}

func copied(t *testing.T, to string, from ...string) {
	t.Helper()
	for _, f := range from {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// described writes the stack's description into a new folder.
func described(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	a := (&client{t: t}).call(http.StatusOK, "GET", "/openapi.json", nil, nil)
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), a.body, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// machine makes a key, and a webhook that takes what ends.
func machine(t *testing.T) (env []string, listens *receiver, remove func()) {
	t.Helper()
	admin := as(t, "admin@aurora.example")
	var key, hook struct{ ID, Key string }
	admin.call(http.StatusCreated, "POST", "/api/keys", map[string]any{"name": t.Name(), "role": "operator"}, &key)
	listens = newReceiver(t)
	admin.call(http.StatusCreated, "POST", "/api/webhooks", map[string]any{"url": listens.URL, "events": []string{"import.finished"}}, &hook)
	return []string{"URL=" + stack.URL, "KEY=" + key.Key}, listens, func() {
		admin.do("DELETE", "/api/webhooks/"+hook.ID, nil)
		admin.do("DELETE", "/api/keys/"+key.ID, nil)
	}
}

// trip checks what a round trip printed: two contacts and the last import, of which
// the webhook was told.
func trip(t *testing.T, out string, listens *receiver) {
	t.Helper()
	lines := strings.Fields(out)
	if len(lines) != 3 {
		t.Fatalf("it printed %q", out)
	}
	listens.await(t, lines[2])
}

// A client that oapi-codegen makes of the description does the round trip.
func TestGeneratedGoClient(t *testing.T) {
	env, listens, remove := machine(t)
	defer remove()
	dir := described(t)
	tools, err := filepath.Abs(filepath.Join(root, "internal/tools/client"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "client"), 0o755); err != nil {
		t.Fatal(err)
	}
	in(t, tools, nil, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "client", "-o", filepath.Join(dir, "client", "client.go"), filepath.Join(dir, "openapi.json"))
	copied(t, dir, "testdata/client/main.go", filepath.Join(tools, "go.mod"), filepath.Join(tools, "go.sum"))
	in(t, dir, nil, "go", "mod", "edit", "-module", "roundtrip")
	trip(t, in(t, dir, env, "go", "run", "."), listens)
	as(t, "admin@aurora.example").erase("gopher.one@example.com", "gopher.two@example.com")
}

// A client that openapi-python-client makes of it does so too.
func TestGeneratedPythonClient(t *testing.T) {
	needs.Program(t, "shell", "bash")
	env, listens, remove := machine(t)
	defer remove()
	dir := described(t)
	in(t, root, nil, ".ci/environment", "client", "internal/local/requirements-client.txt")
	bin, err := filepath.Abs(filepath.Join(root, ".local/client/bin"))
	if err != nil {
		t.Fatal(err)
	}
	said := in(t, dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, filepath.Join(bin, "python"), "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none", "--fail-on-warning")
	if strings.Contains(strings.ToLower(said), "warning") {
		t.Errorf("the generator warns: %s", said)
	}
	copied(t, dir, "testdata/client/roundtrip.py")
	trip(t, in(t, dir, env, filepath.Join(bin, "python"), "roundtrip.py"), listens)
	as(t, "admin@aurora.example").erase("python.one@example.com", "python.two@example.com")
}
