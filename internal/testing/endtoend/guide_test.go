package endtoend_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"rollbook/internal/testing/documents"
	"rollbook/internal/testing/needs"
)

// Every piece of code of the API guide runs as it stands, but for where the stack is
// and who signs in there, and prints what the guide says.
func TestTheGuide(t *testing.T) {
	shell := needs.Program(t, "shell", "bash")
	for _, tool := range []string{"curl", "jq", "unzip"} {
		needs.Program(t, "shell", tool)
	}
	var page strings.Builder
	blocks := documents.Blocks(t, "docs/api.md", "")
	for _, b := range blocks {
		page.WriteString(b.Text)
	}
	dir, python := t.TempDir(), sandbox(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	instead := map[string]string{
		"URL=":         "URL=" + stack.URL,
		"TOKEN=":       "TOKEN=" + as(t, "admin@aurora.example").token,
		"export PORT=": fmt.Sprintf("export PORT=%d", port),
		"export BUS=":  fmt.Sprintf("export BUS=%s UPLOADS=%s FILES=%s", bus(t), stack.UploadsBucket, stack.FilesBucket),
	}
	kinds, replaced := map[string]int{}, map[string]bool{}
	script := []string{"set -euo pipefail"}
	var want []string
	for _, block := range blocks {
		kind, code := block.Fence, block.Text
		kinds[kind]++
		switch kind {
		case "python", "go":
			first, _, _ := strings.Cut(code, "\n")
			name := strings.TrimLeft(first, "#/ ")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(code), 0o600); err != nil || !strings.HasSuffix(name, "."+map[string]string{"python": "py", "go": "go"}[kind]) {
				t.Fatalf("%q is no file: %v", name, err)
			}
			if !strings.Contains(page.String(), " "+strings.TrimSuffix(name, ".py")) {
				t.Errorf("%s is never run", name)
			}
		case "sh":
			for line := range strings.Lines(code) {
				line = strings.TrimSuffix(line, "\n")
				if said, ok := strings.CutPrefix(line, "# "); ok {
					want = append(want, said)
					continue
				}
				for begin, other := range instead {
					if strings.HasPrefix(line, begin) {
						line, replaced[begin] = other, true
					}
				}
				script = append(script, line)
			}
		default:
			t.Errorf("nothing runs %s", kind)
		}
	}
	if len(replaced) != len(instead) || kinds["sh"] < 10 || kinds["python"] < 6 || kinds["go"] < 1 || len(want) < 15 {
		t.Fatalf("the guide has %v, %d outputs, and said of the stack is %v", kinds, len(want), replaced)
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", strings.Join(script, "\n"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+python+":"+os.Getenv("PATH"), "AWS_ENDPOINT_URL="+stack.Endpoint, "AWS_REGION="+stack.Region, "AWS_DEFAULT_REGION="+stack.Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "GOFLAGS=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	rest := out.String()
	for _, line := range want {
		var found bool
		if _, rest, found = strings.Cut(rest, line+"\n"); !found {
			t.Fatalf("it does not print %s there:\n%s", line, out.String())
		}
	}
	// The key of the guide goes, and who is left of its contacts.
	var keys struct{ Items []struct{ ID, Name string } }
	admin := as(t, "admin@aurora.example")
	admin.erase("ada.guide@example.com")
	admin.call(http.StatusOK, "GET", "/api/keys?limit=200", nil, &keys)
	for _, k := range keys.Items {
		if k.Name == "CRM" {
			admin.do("DELETE", "/api/keys/"+k.ID, nil)
		}
	}
}

// sandbox is a folder with a python3 that has boto3.
func sandbox(t *testing.T) string {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join(root, ".local/sam/bin"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, "python3")); err != nil {
		t.Fatalf("make setup makes it: %v", err)
	}
	return bin
}

// bus is the stack's own.
func bus(t *testing.T) string {
	t.Helper()
	all, err := eventbridge.NewFromConfig(stack.Config()).ListEventBuses(t.Context(), &eventbridge.ListEventBusesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all.EventBuses {
		if *b.Name != "default" {
			return *b.Name
		}
	}
	t.Fatal("the stack has no bus")
	return ""
}
