package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rollbook/internal/local/emulator"
)

// listmonk is an importer of its own kind: subscribers into PostgreSQL. It is a
// program that runs beside this one; nothing of it is linked. Its version is the
// newest that the module proxy has.
type listmonk struct {
	folder   string // of its sources, which it reads its files from
	binary   string
	postgres string // folder of PostgreSQL's programs
	dir      string
	owner    *syscall.Credential // of the database; nil for this process's own
}

const (
	listmonkModule = "github.com/knadh/listmonk@v1.1.0"
	listmonkSum    = "h1:X5qIOKuyC3OxfKGf82C1yTIMHwsjWxvf1gzn2ulbXOo="
)

// getListmonk builds it under .local, and finds PostgreSQL.
func getListmonk(ctx context.Context, root, dir string) (*listmonk, error) {
	l := &listmonk{folder: filepath.Join(root, ".local", "listmonk", "src"), binary: filepath.Join(root, ".local", "listmonk", "listmonk"), dir: dir}
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil, err
	}
	if initdb, err := exec.LookPath("initdb"); err == nil && len(places) == 0 {
		if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
			return nil, err
		}
		places = append(places, filepath.Dir(initdb))
	}
	if len(places) == 0 {
		return nil, errors.New("PostgreSQL is missing, which listmonk needs: Debian's package postgresql has it")
	}
	l.postgres = slices.Max(places)
	if os.Getuid() == 0 { // whom PostgreSQL refuses
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, err
		}
		l.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(l.data(), 0o700), os.Chown(l.data(), uid, gid)); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(l.binary); err == nil {
		return l, nil
	}
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", listmonkModule).Output()
	if err != nil {
		return nil, fmt.Errorf("fetch listmonk: %w: %s", err, out)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	if module.Sum != listmonkSum {
		return nil, fmt.Errorf("listmonk came as %s", module.Sum)
	}
	if err := errors.Join(os.RemoveAll(l.folder), os.MkdirAll(l.folder, 0o755), os.CopyFS(l.folder, os.DirFS(module.Dir))); err != nil {
		return nil, err
	}
	if err := filepath.WalkDir(l.folder, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() { // the cache's are for reading only
			err = os.Chmod(path, 0o755)
		}
		return err
	}); err != nil {
		return nil, err
	}
	// It does not start without its pages, which nobody looks at here.
	pages := filepath.Join(l.folder, "frontend", "dist")
	if err := errors.Join(os.MkdirAll(filepath.Join(pages, "frontend"), 0o755), os.WriteFile(filepath.Join(pages, "favicon.png"), nil, 0o600)); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", l.binary, "./cmd")
	build.Dir, build.Env = l.folder, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build listmonk: %w: %s", err, out)
	}
	return l, nil
}

func (l *listmonk) data() string { return filepath.Join(l.dir, "data") }

func (l *listmonk) program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(l.postgres, name), args...)
	cmd.Dir = l.dir
	if l.owner != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: l.owner}
	}
	return cmd
}

// changes imports the file's rows twice, as they were and as they become, each time
// in processes of their own, and returns what the second time took: by itself, and
// with its database.
func (l *listmonk) changes(ctx context.Context, path string) (alone, whole figure, err error) {
	if out, err := l.program(ctx, "initdb", "-D", l.data(), "-A", "trust", "-U", "listmonk").CombinedOutput(); err != nil {
		return alone, whole, fmt.Errorf("initdb: %w: %s", err, out)
	}
	for _, column := range []int{1, 2} {
		if alone, whole, err = l.session(ctx, path, column); err != nil {
			return alone, whole, err
		}
	}
	return alone, whole, nil
}

func (l *listmonk) session(ctx context.Context, path string, column int) (alone, whole figure, err error) {
	file := bytes.NewBufferString("email,name,attributes\n")
	rows := -1
	if _, err := readCSV(path, func(row []string) error {
		if rows++; rows > 0 {
			fmt.Fprintf(file, "p%s@example.org,Name,\"{\"\"note\"\": \"\"%s\"\"}\"\n", row[0], row[column])
		}
		return nil
	}); err != nil {
		return alone, whole, err
	}
	port, err := emulator.FreePort()
	if err != nil {
		return alone, whole, err
	}
	own, err := emulator.FreePort()
	if err != nil {
		return alone, whole, err
	}
	base := l.program(ctx, "postgres", "-D", l.data(), "-p", strconv.Itoa(port), "-k", "", "-c", "listen_addresses=127.0.0.1")
	var said bytes.Buffer
	base.Stderr = &said
	if err := base.Start(); err != nil {
		return alone, whole, err
	}
	defer func() {
		used, ended := end(base, syscall.SIGINT)
		if err == nil {
			err = ended
		}
		whole = alone
		whole.CPU += used
		whole.PerSec = float64(rows) / whole.CPU
	}()
	if err := answers(ctx, port); err != nil {
		return alone, whole, fmt.Errorf("PostgreSQL: %w: %s", err, said.String())
	}
	config := filepath.Join(l.dir, "config.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[app]\naddress = \"127.0.0.1:%d\"\nadmin_username = \"\"\nadmin_password = \"\"\n[db]\nhost = \"127.0.0.1\"\nport = %d\nuser = \"listmonk\"\npassword = \"\"\ndatabase = \"listmonk\"\nssl_mode = \"disable\"\nmax_open = 25\nmax_idle = 25\nmax_lifetime = \"300s\"\n", own, port), 0o600); err != nil {
		return alone, whole, err
	}
	start := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, l.binary, append([]string{"--config", config}, args...)...)
		cmd.Dir = l.folder
		return cmd
	}
	if column == 1 {
		if out, err := l.program(ctx, "createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "listmonk", "listmonk").CombinedOutput(); err != nil {
			return alone, whole, fmt.Errorf("createdb: %w: %s", err, out)
		}
		if out, err := start("--install", "--yes").CombinedOutput(); err != nil {
			return alone, whole, fmt.Errorf("listmonk: %w: %s", err, out)
		}
	}
	run := start()
	if err := run.Start(); err != nil {
		return alone, whole, err
	}
	failed := l.send(ctx, own, file.Bytes(), rows)
	alone.PeakMB = float64(peakOf(run.Process.Pid)) * 1024 / 1e6
	used, _ := end(run, syscall.SIGKILL) // it has written everything
	alone.CPU, alone.PerSec = used, float64(rows)/used
	return alone, whole, failed
}

// end ends a process and returns what CPU it and its children used, in seconds.
func end(cmd *exec.Cmd, signal syscall.Signal) (float64, error) {
	err := cmd.Process.Signal(signal)
	if waited := cmd.Wait(); err == nil {
		err = waited
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), err
}

// peakOf returns the most memory that a process had, in kB; 0 where the system does
// not say.
func peakOf(pid int) (kilo int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kilo); err != nil {
		return 0
	}
	return kilo
}

// answers waits until somebody listens on the port.
func answers(ctx context.Context, port int) error {
	for range 600 {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("nobody answers")
}

// send imports the file by its API and waits for the end.
func (l *listmonk) send(ctx context.Context, port int, file []byte, rows int) error {
	if err := answers(ctx, port); err != nil {
		return err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/api/import/subscribers", port)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "changes.csv")
	if err != nil {
		return err
	}
	if _, err := part.Write(file); err != nil {
		return err
	}
	if err := errors.Join(w.WriteField("params", `{"mode":"subscribe","subscription_status":"confirmed","delim":",","lists":[1],"overwrite":true}`), w.Close()); err != nil {
		return err
	}
	ask := func(method string, body io.Reader) (status string, imported int, err error) {
		r, err := http.NewRequestWithContext(ctx, method, url, body)
		if err != nil {
			return "", 0, err
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", 0, err
		}
		defer res.Body.Close()
		var answer struct {
			Data struct {
				Status   string
				Imported int
			}
		}
		err = json.NewDecoder(res.Body).Decode(&answer)
		return answer.Data.Status, answer.Data.Imported, err
	}
	status, n, err := ask(http.MethodPost, &form)
	for range 3000 {
		if err != nil || status == "finished" || status == "failed" {
			break
		}
		time.Sleep(100 * time.Millisecond)
		status, n, err = ask(http.MethodGet, nil)
	}
	if err == nil && (status != "finished" || n != rows) {
		err = fmt.Errorf("listmonk imported %d rows of %d and is %s", n, rows, status)
	}
	return err
}
