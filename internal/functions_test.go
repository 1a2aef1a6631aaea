package internal_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// What a function links and does before its first line is what somebody waits
// for at each cold start. The ceilings are a few hundredths above what was
// measured: a dependency more is seen here, and raised on purpose or left out.
var functions = []struct {
	name   string
	binary float64 // MB, stripped, for amd64 (arm64 is smaller)
	init   float64 // MB that packages allocate before main
}{
	{"announce", 25.8, 5.3},
	{"api", 40, 5.8},
	{"chunk", 25.8, 4.6},
	{"finish", 29.2, 5.8},
	{"plan", 16.2, 2.4},
	{"reconcile", 14.7, 2.4},
	{"start", 13.6, 1.6},
	{"template", 26.6, 3.1},
}

// unused are packages that no function needs: other ways to find credentials, and
// workbooks and telephone numbers where none is read.
func unused(function string) []string {
	none := []string{
		"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/service/sso", "github.com/aws/aws-sdk-go-v2/service/ssooidc",
		"github.com/aws/aws-sdk-go-v2/service/sts", "github.com/aws/aws-sdk-go-v2/service/signin", "github.com/aws/aws-sdk-go-v2/feature/ec2/imds",
		"github.com/xuri/excelize/v2",
	}
	switch function {
	case "plan", "reconcile", "start", "template":
		none = append(none, "github.com/nyaruka/phonenumbers", "github.com/danielgtaylor/huma/v2")
	case "chunk", "finish":
		none = append(none, "github.com/danielgtaylor/huma/v2")
	}
	return none
}

var initialised = regexp.MustCompile(`(?m)^init (\S+) @.*, ([0-9]+) bytes, [0-9]+ allocs$`)

func TestFunctionsAreSmall(t *testing.T) {
	dir := t.TempDir()
	for _, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			deps, err := exec.Command("go", "list", "-deps", "-tags=lambda.norpc", "../functions/"+f.name).Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range unused(f.name) {
				if strings.Contains("\n"+string(deps), "\n"+p+"\n") {
					t.Errorf("links %s", p)
				}
			}
			binary := filepath.Join(dir, f.name)
			build := exec.Command("go", "build", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", binary, "../functions/"+f.name)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			defer os.Remove(binary)
			size, err := os.Stat(binary)
			if err != nil {
				t.Fatal(err)
			}
			// Without its environment it ends as soon as its packages are there.
			start := exec.Command(binary)
			start.Env = []string{"GODEBUG=inittrace=1"}
			var said bytes.Buffer
			start.Stderr = &said
			if err := start.Run(); err == nil {
				t.Error("it starts without its environment")
			}
			var all float64
			for _, m := range initialised.FindAllStringSubmatch(said.String(), -1) {
				n, err := strconv.ParseFloat(m[2], 64)
				if err != nil {
					t.Fatal(err)
				}
				all += n / 1e6
			}
			if all == 0 {
				t.Fatal("it does not say what its packages allocate")
			}
			mb := float64(size.Size()) / 1e6
			t.Logf("%.1f MB, %.2f MB before main", mb, all)
			if all > f.init {
				t.Errorf("%.2f MB before main, more than %v", all, f.init)
			}
			if runtime.GOARCH == "amd64" && mb > f.binary {
				t.Errorf("%.1f MB, more than %v", mb, f.binary)
			}
		})
	}
}

func TestEveryFunctionIsMeasured(t *testing.T) {
	dirs, err := filepath.Glob("../functions/*/main.go")
	if err != nil || len(dirs) != len(functions) {
		t.Errorf("%d functions, %d measured: %v", len(dirs), len(functions), err)
	}
}
