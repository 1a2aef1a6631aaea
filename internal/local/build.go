package local

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"
)

var (
	codeURI       = regexp.MustCompile(`(?m)^( +CodeUri: )functions/([a-z]+)/$`)
	definitionURI = regexp.MustCompile(`(?m)^( +DefinitionUri: )functions/([a-z.]+)$`)
)

// build puts into the folder built what sam build would, for this machine's processor:
// the template, and what it names beside it. Each function is in a zip, which SAM takes
// as it is and would make in six times the processor's time.
func build(ctx context.Context, root, built string) error {
	if err := os.RemoveAll(built); err != nil {
		return err
	}
	if err := os.MkdirAll(built, 0o755); err != nil {
		return err
	}
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		return err
	}
	definitions := definitionURI.FindAllSubmatch(template, -1)
	functions := codeURI.FindAllSubmatch(template, -1)
	if len(functions) == 0 || len(functions) != bytes.Count(template, []byte(" CodeUri: ")) || len(definitions) != bytes.Count(template, []byte(" DefinitionUri: ")) {
		return errors.New("the template names a function or a definition in a way that is not known here")
	}
	for _, m := range definitions {
		if err := copyFile(filepath.Join(root, "functions", string(m[2])), filepath.Join(built, string(m[2]))); err != nil {
			return err
		}
	}
	var names []string
	for _, m := range functions {
		names = append(names, string(m[2]))
	}
	if err := zipFunctions(ctx, root, built, names); err != nil {
		return err
	}
	template = codeURI.ReplaceAll(template, []byte("${1}${2}.zip"))
	template = definitionURI.ReplaceAll(template, []byte("${1}${2}"))
	return os.WriteFile(filepath.Join(built, "template.yaml"), template, 0o644)
}

// zipFunctions puts a zip of each function into the folder. The zips are kept in the
// checkout for its other stacks, until Go would build something else.
func zipFunctions(ctx context.Context, root, built string, names []string) error {
	shared := filepath.Join(root, ".local", "functions")
	if err := os.MkdirAll(shared, 0o755); err != nil {
		return err
	}
	lock, err := os.Create(filepath.Join(shared, "lock"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	list, err := golang(ctx, root, "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.BuildID}}", "./functions/...")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(fmt.Append(list, buildFlags, names))
	wanted, stamp := []byte(hex.EncodeToString(sum[:])), filepath.Join(shared, "built")
	if have, err := os.ReadFile(stamp); err != nil || !bytes.Equal(have, wanted) {
		// Zips of two versions have no stamp.
		if err := os.RemoveAll(stamp); err != nil {
			return err
		}
		if err := makeZips(ctx, root, shared, names); err != nil {
			return err
		}
		if err := os.WriteFile(stamp, wanted, 0o644); err != nil {
			return err
		}
	}
	for _, name := range names {
		// One file system may not reach: then there are two.
		from, to := filepath.Join(shared, name+".zip"), filepath.Join(built, name+".zip")
		if os.Link(from, to) == nil {
			continue
		}
		if err := copyFile(from, to); err != nil {
			return err
		}
	}
	return nil
}

// makeZips builds the functions and replaces their zips in the folder.
func makeZips(ctx context.Context, root, shared string, names []string) error {
	programs, err := os.MkdirTemp(shared, "programs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(programs)
	if _, err := golang(ctx, root, "build", "-o", programs+string(filepath.Separator), "./functions/..."); err != nil {
		return err
	}
	var g errgroup.Group
	for _, name := range names {
		g.Go(func() error {
			made := filepath.Join(programs, name+".zip")
			if err := zipProgram(made, filepath.Join(programs, name)); err != nil {
				return err
			}
			return os.Rename(made, filepath.Join(shared, name+".zip"))
		})
	}
	return g.Wait()
}

// buildFlags are those of the functions that are deployed to AWS.
const buildFlags = "-buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'"

// golang runs go in the checkout as the functions are built, and returns what it
// prints; its error has what the compiler says.
func golang(ctx context.Context, root string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+buildFlags)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("building the functions: %w\n%s", err, bytes.TrimSpace(said.Bytes()))
	}
	return out, err
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// zipProgram writes a zip of one program, as a function's is. Its bytes depend on the
// program only, so that what did not change is not deployed again.
func zipProgram(to, program string) error {
	in, err := os.Open(program)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = io.Copy(w, in)
	}
	return errors.Join(err, z.Close(), out.Close())
}
