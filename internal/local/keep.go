package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// kept is what is known of a stack that ran here before.
type kept struct {
	Digest       string // of what was deployed, and where
	EmulatorPort int
	Deployed     deployed
}

func keptDir(dir string) string  { return filepath.Join(stateDir(dir), "kept") }
func keptFile(dir string) string { return filepath.Join(keptDir(dir), "stack.json") }

// readKept returns what is known of the stack before, if it wrote what it held
// when it ended; what one left that did not is of no use.
func readKept(dir string) (k kept, found bool, err error) {
	_, err = os.Stat(filepath.Join(keptDir(dir), "services", "dynamodb.json"))
	if err == nil {
		err = readJSON(keptFile(dir), &k)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}, false, nil
	}
	return k, err == nil, err
}

func (k kept) write(dir string) error {
	if err := os.MkdirAll(keptDir(dir), 0o755); err != nil {
		return err
	}
	return writeJSON(keptFile(dir), k)
}

// Reset ends the stack in the folder and forgets what was kept of it.
func Reset(dir string) error {
	if err := Down(dir); err != nil {
		return err
	}
	return os.RemoveAll(keptDir(dir))
}

// Restart ends the emulated AWS of a kept stack that is not detached, and starts
// it again with what it held. What ran then is over.
func (s *Stack) Restart(ctx context.Context) error {
	if s.inner == nil || !s.options.Keep {
		return errors.New("only a kept stack of this process can be started again")
	}
	s.inner.close()
	s.inner = nil
	k, found, err := readKept(s.dir)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("the emulated AWS did not write what it held")
	}
	inner, err := startServer(ctx, s.options)
	if err != nil {
		return err
	}
	s.inner = inner
	if inner.emulator.Endpoint != s.Endpoint {
		return errors.New("somebody took the emulator's port")
	}
	return writeJSON(filepath.Join(stateDir(s.dir), "deployed.json"), k.Deployed)
}

// emulatorPort is the port of the stack's endpoint.
func (s *Stack) emulatorPort() int {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(u.Port())
	return port
}

// digest tells one thing that is deployed from another: the files that were
// built, and what the deployment is told.
func digest(built string, told ...string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q", told)
	err := filepath.WalkDir(built, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintf(h, "%q", path)
		_, err = io.Copy(h, f)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
