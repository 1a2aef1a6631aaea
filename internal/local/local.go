// Package local runs the whole of Rollbook on this machine: the template, built
// and deployed as for AWS, on an emulated AWS. Everything that it writes is in
// one directory and everything that it starts ends with it, so that two stacks,
// or a stack and tests, do not meet.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/local/emulator"
)

// Options say what stack to run.
type Options struct {
	// Dir takes everything the stack writes. One stack runs in it at a time.
	Dir string
	// Port of the screen and API on localhost; 0 for any free one.
	Port int
	// Detach leaves the stack running when this process ends, until Down.
	// Without it the stack ends with this process.
	Detach bool
	// Keep goes on with what the stack that ran here before held when it was
	// ended, and keeps what this one holds for the next. A detached stack is
	// always kept.
	Keep bool
	// Environment is added to the emulator's and so to every function's.
	Environment []string
	// FunctionEndpoint is where the functions call their services, for tests
	// that put something in between; empty for the emulator itself.
	FunctionEndpoint string
	// Seed fills the deployed stack before it is said to be ready, unless it goes
	// on with what was kept.
	Seed func(context.Context, *Stack) error
	// Progress is told in a line what is being done.
	Progress io.Writer
}

// Stack is a running stack. Its JSON is the file stack.json in its folder.
type Stack struct {
	URL             string `json:"url"`      // of the screen and the API
	Endpoint        string `json:"endpoint"` // of the emulated AWS
	Region          string `json:"region"`
	UploadsBucket   string `json:"uploadsBucket"`
	FilesBucket     string `json:"filesBucket"`
	Tables          Tables `json:"tables"`
	StateMachineARN string `json:"stateMachineArn"`
	Mailbox         string `json:"mailbox"` // URL of the mails sent
	Users           []User `json:"users"`
	TokenCommand    string `json:"tokenCommand"`

	dir     string
	options Options
	inner   *server
}

// Tables are the tables' names by role.
type Tables struct {
	Contacts  string `json:"contacts"`
	Emails    string `json:"emails"`
	History   string `json:"history"`
	Catalogue string `json:"catalogue"`
	Jobs      string `json:"jobs"`
	Audit     string `json:"audit"`
}

// User may sign in to the stack.
type User struct {
	Institution string   `json:"institution"`
	Email       string   `json:"email"`
	Password    string   `json:"password"`
	Groups      []string `json:"groups"`
}

// ErrRunning says that a stack runs in the folder already.
var ErrRunning = errors.New("a stack is running here already")

// Up builds and deploys the stack and returns when it is ready for use. If
// anything fails nothing is left running.
func Up(ctx context.Context, o Options) (*Stack, error) {
	root, err := emulator.Root()
	if err != nil {
		return nil, err
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if err := os.MkdirAll(stateDir(o.Dir), 0o755); err != nil {
		return nil, err
	}
	if running(o.Dir) {
		return nil, ErrRunning
	}
	os.Remove(filepath.Join(o.Dir, "stack.json"))
	o.Keep = o.Keep || o.Detach
	if !o.Keep {
		if err := Reset(o.Dir); err != nil {
			return nil, err
		}
	}
	// What a stack left that was never ready is of no use, and in the way.
	if _, found, err := readKept(o.Dir); err != nil {
		return nil, err
	} else if !found {
		if _, err := os.Stat(keptFile(o.Dir)); err == nil {
			fmt.Fprintln(o.Progress, "The stack before was cut short before it had written what it held: this one begins anew")
		}
		if err := os.RemoveAll(keptDir(o.Dir)); err != nil {
			return nil, err
		}
	}
	if o.Port, err = checkPort(o.Port); err != nil {
		return nil, err
	}
	built := filepath.Join(stateDir(o.Dir), "build")
	s := &Stack{dir: o.Dir, options: o, Region: emulator.Region, URL: fmt.Sprintf("http://localhost:%d", o.Port)}
	s.Mailbox = s.URL + mailboxPath

	// The functions are built while the emulator starts.
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return build(gctx, root, built) })
	g.Go(func() (err error) {
		if o.Detach {
			s.Endpoint, err = startDaemon(gctx, root, o)
			return err
		}
		if s.inner, err = startServer(gctx, o); err != nil {
			return err
		}
		s.Endpoint = s.inner.emulator.Endpoint
		return nil
	})
	fmt.Fprintln(o.Progress, "Building the functions and starting the emulated AWS")
	err = g.Wait()
	if err == nil {
		err = s.deploy(ctx, root, built, o)
	}
	if err == nil {
		err = writeJSON(filepath.Join(o.Dir, "stack.json"), s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Down())
	}
	return s, nil
}

func (s *Stack) deploy(ctx context.Context, root, built string, o Options) error {
	before, found, err := readKept(o.Dir)
	if err != nil {
		return err
	}
	now := kept{EmulatorPort: s.emulatorPort()}
	if now.Digest, err = digest(built, s.URL, s.Endpoint); err != nil {
		return err
	}
	d := before.Deployed
	if !found || before.Digest != now.Digest {
		fmt.Fprintln(o.Progress, "Deploying the stack")
		if d, err = deploy(ctx, root, built, s, o); err != nil {
			if found {
				err = fmt.Errorf("%w\nThe stack that was kept cannot take this version: empty it with make reset", err)
			}
			return err
		}
	}
	s.UploadsBucket, s.FilesBucket, s.StateMachineARN = d.UploadsBucket, d.FilesBucket, d.StateMachineARN
	s.Tables = Tables{d.ContactsTable, d.EmailsTable, d.HistoryTable, d.CatalogueTable, d.JobsTable, d.AuditTable}
	s.Users = demoUsers()
	s.TokenCommand = tokenCommand(root, o.Dir)
	// The proxy and the token command read it.
	if err := writeJSON(filepath.Join(stateDir(o.Dir), "deployed.json"), d); err != nil {
		return err
	}
	if !found {
		if err := createUsers(ctx, s.Config(), d.UserPoolID, s.Users); err != nil {
			return fmt.Errorf("create the users: %w", err)
		}
		if o.Seed != nil {
			fmt.Fprintln(o.Progress, "Filling the demo institutions")
			if err := o.Seed(ctx, s); err != nil {
				return fmt.Errorf("fill the demo institutions: %w", err)
			}
		}
	}
	if !o.Keep {
		return nil
	}
	now.Deployed = d
	return now.write(o.Dir)
}

// Config returns the settings of AWS clients for the stack. S3 clients must use
// path style.
func (s *Stack) Config() aws.Config { return emulator.Config(s.Endpoint) }

// Token returns a bearer token of one of the stack's users.
func (s *Stack) Token(ctx context.Context, email string) (string, error) {
	return token(ctx, s.dir, s, email)
}

// Down ends the stack and waits for its end.
func (s *Stack) Down() error {
	if s.inner == nil {
		return Down(s.dir)
	}
	os.Remove(filepath.Join(s.dir, "stack.json"))
	s.inner.close()
	s.inner = nil
	return nil
}

// Load returns the stack that runs in the folder.
func Load(dir string) (*Stack, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Stack{dir: dir}
	if err := readJSON(filepath.Join(dir, "stack.json"), s); err != nil || !running(dir) {
		return nil, errors.New("no stack is running: start one with make run")
	}
	return s, nil
}

// Down ends the detached stack that runs in the folder, if there is one, and
// waits for its end, also for that of an emulator that outlives a killed stack to
// write what it holds.
func Down(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := endDaemon(dir); err != nil {
		return err
	}
	return emulator.Settled(keptDir(dir))
}

func endDaemon(dir string) error {
	os.Remove(filepath.Join(dir, "stack.json"))
	if !running(dir) {
		return nil
	}
	// The lock is held, so the number in it is that of the living daemon and
	// never of a stranger's process that came to have it.
	b, err := os.ReadFile(lockPath(dir))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		return fmt.Errorf("the lock %s holds no process number", lockPath(dir))
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		syscall.Kill(pid, signal)
		for end := time.Now().Add(emulator.StopTime); time.Now().Before(end); {
			if !running(dir) {
				return nil
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return fmt.Errorf("process %d does not end", pid)
}

// checkPort returns the port if nothing listens on it, or a free one for 0.
func checkPort(port int) (int, error) {
	if port == 0 {
		return emulator.FreePort()
	}
	// Browsers take localhost for ::1 first, if there is somebody.
	for _, host := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case errors.Is(err, syscall.EACCES):
			return 0, fmt.Errorf("port %d is for the administrator only: choose one from 1024 on with make run PORT=…", port)
		case errors.Is(err, syscall.EADDRINUSE):
			return 0, fmt.Errorf("port %d is taken: choose another with make run PORT=…", port)
		case err != nil && host == "::1": // a machine without IPv6
		case err != nil:
			return 0, err
		default:
			l.Close()
		}
	}
	return port, nil
}

func stateDir(dir string) string { return filepath.Join(dir, "state") }

func lockPath(dir string) string { return filepath.Join(stateDir(dir), "lock") }

// running tells whether a daemon holds the folder's lock. The system frees the
// lock when the daemon ends in whatever way, so it never goes stale.
func running(dir string) bool {
	f, err := os.Open(lockPath(dir))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// lock takes the folder for this process; closing the file gives it back.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(lockPath(dir), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, ErrRunning
	}
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = f.WriteString(strconv.Itoa(os.Getpid()))
	return f, err
}

// startDaemon starts this program again, detached, to hold the stack, and
// returns the emulator's address when it answers.
func startDaemon(ctx context.Context, root string, o Options) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(stateDir(o.Dir), "daemon.log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	started := filepath.Join(stateDir(o.Dir), "started.json")
	os.Remove(started)
	cmd := exec.Command(self, "serve", "--dir", o.Dir, "--port", strconv.Itoa(o.Port))
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		var s struct{ Endpoint string }
		if readJSON(started, &s) == nil {
			return s.Endpoint, nil
		}
		select {
		case <-ended:
			b, _ := os.ReadFile(log.Name())
			return "", fmt.Errorf("the stack's process ended at once: %s", b)
		case <-ctx.Done():
			syscall.Kill(cmd.Process.Pid, syscall.SIGTERM)
			<-ended
			return "", ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func tokenCommand(root, dir string) string {
	command := filepath.Join(".local", "bin", "rollbook-local") + " token"
	if dir != filepath.Join(root, ".local") {
		command += " --dir " + dir
	}
	return command
}

func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// writeJSON writes the file whole or not at all.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
