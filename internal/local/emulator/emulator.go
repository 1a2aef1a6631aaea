// Package emulator starts an emulated AWS (ministack) on a free port of this
// machine. It ends with the process that started it, however that ends; in what
// it is not like AWS is said in docs/storage.md.
package emulator

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"rollbook/internal/aws/config"
)

//go:embed launch.py
var launch string

// Region is where everything emulated is.
const Region = "eu-central-1"

// Emulator is a running emulator. It ends with the process that started it,
// however that ends.
type Emulator struct {
	// Endpoint is its address, such as http://localhost:40123.
	Endpoint string
	Port     int

	cmd   *exec.Cmd
	alive io.Closer
	ended chan struct{}
}

// Options say where and how to run.
type Options struct {
	// Dir takes the log (emulator.log) and temporary files.
	Dir string
	// Keep tells the emulator to write what it holds into the folder when it is
	// stopped, and to go on from there when it is started again. What runs then
	// is over; the sent mails are forgotten.
	Keep string
	// Port is where to listen, if that is free; 0 for any free port.
	Port int
	// Remove tells the emulator to delete Dir when it ends.
	Remove bool
	// Environment is added to the emulator's, and so to every function's.
	Environment []string
}

// endedError says that the emulator ended before it answered, and what it said.
type endedError struct{ said string }

func (e endedError) Error() string { return "the emulated AWS ended at once: " + e.said }

// Start starts an emulator on a free port and returns when it answers.
func Start(ctx context.Context, o Options) (*Emulator, error) {
	for attempt := 1; ; attempt++ {
		e, err := start(ctx, o)
		// The port was free, but another program may have taken it since.
		ended, early := errors.AsType[endedError](err)
		if attempt == 5 || !early || !strings.Contains(ended.said, "in use") {
			return e, err
		}
	}
}

// hold locks the folder that an emulator keeps its state in. One whose starter was
// killed writes on for a while: hold waits for it.
func hold(keep string) (*os.File, error) {
	f, err := os.OpenFile(keep+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(StopTime); time.Now().Before(end); {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return f, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	f.Close()
	return nil, fmt.Errorf("an emulator still uses %s: %w", keep, err)
}

// Settled waits until no emulator uses the folder that its state is kept in.
func Settled(keep string) error {
	f, err := hold(keep)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nor its folder
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func start(ctx context.Context, o Options) (*Emulator, error) {
	python, err := pythonPath()
	if err != nil {
		return nil, err
	}
	temporary := filepath.Join(o.Dir, "tmp")
	if err := os.MkdirAll(temporary, 0o755); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(o.Dir, "emulator.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	port := o.Port
	if port == 0 || !free(port) {
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	e := &Emulator{Endpoint: fmt.Sprintf("http://localhost:%d", port), Port: port, ended: make(chan struct{})}
	e.cmd = exec.Command(python, "-c", launch)
	e.cmd.Stdout, e.cmd.Stderr = log, log
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// A clean environment: no credentials or settings of the person's own AWS
	// reach the emulator or the functions in it.
	e.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + temporary,
		"TMPDIR=" + temporary,
		"BIND_HOST=127.0.0.1",
		"GATEWAY_PORT=" + strconv.Itoa(port),
		"MINISTACK_HOST=localhost",
		"MINISTACK_REGION=" + Region,
		"LAMBDA_EXECUTOR=local",
		"SFTP_ENABLED=0",
		"IOT_MTLS_ENABLED=0",
		"LOG_LEVEL=WARNING",
		"AWS_ENDPOINT_URL=" + e.Endpoint,
		"AWS_REGION=" + Region,
		"AWS_EC2_METADATA_DISABLED=true",
	}, o.Environment...)
	if o.Keep != "" {
		e.cmd.Env = append(e.cmd.Env, "PERSIST_STATE=1", "STATE_DIR="+filepath.Join(o.Keep, "services"),
			"S3_PERSIST=1", "S3_DATA_DIR="+filepath.Join(o.Keep, "objects"))
		held, err := hold(o.Keep)
		if err != nil {
			return nil, err
		}
		defer held.Close()
		// The emulator has the lock too, and so until it has ended.
		e.cmd.ExtraFiles = []*os.File{held}
	}
	if o.Remove {
		e.cmd.Env = append(e.cmd.Env, "ROLLBOOK_REMOVE="+o.Dir)
	}
	if e.alive, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		e.cmd.Wait()
		close(e.ended)
	}()
	if err := e.ready(ctx); err != nil {
		e.Stop()
		// What is removed with the emulator's folder can be read here still.
		said, _ := io.ReadAll(io.NewSectionReader(log, 0, 64<<10))
		if errors.Is(err, errEnded) {
			return nil, endedError{strings.TrimSpace(string(said))}
		}
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said))
	}
	return e, nil
}

var errEnded = errors.New("ended")

func (e *Emulator) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for {
		if Healthy(ctx, e.Endpoint) {
			return nil
		}
		select {
		case <-e.ended:
			return errEnded
		case <-ctx.Done():
			return errors.New("the emulated AWS did not answer in time")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// StopTime is how long an emulator may take to write what it holds. One that hangs
// ends itself long before (launch.py).
const StopTime = 15 * time.Minute

// Ended is closed when the emulator has ended.
func (e *Emulator) Ended() <-chan struct{} { return e.ended }

// Stop ends the emulator and waits for its end.
func (e *Emulator) Stop() {
	e.alive.Close()
	select {
	case <-e.ended:
	case <-time.After(StopTime):
		syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL)
		<-e.ended
	}
}

// Healthy tells whether an emulator answers at the address.
func Healthy(ctx context.Context, endpoint string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_ministack/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Config returns the settings of AWS clients for the emulator. S3 clients must
// use path style.
func Config(endpoint string) aws.Config {
	return config.WholeAnswers(aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// Environment returns the variables that make AWS tools use the emulator and
// nothing else: the person's own profiles and credentials are out of reach.
func Environment(endpoint string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return append(env,
		"AWS_ENDPOINT_URL="+endpoint,
		"AWS_REGION="+Region,
		"AWS_DEFAULT_REGION="+Region,
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	)
}

var freePort = FreePort

// FreePort returns a port of this machine that nothing listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// free reports whether nothing listens on the port.
func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// Root returns the repository's folder, from any folder in it.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if b, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(b), "module rollbook\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside Rollbook's repository")
		}
		dir = parent
	}
}

func pythonPath() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".local", "venv", "bin", "python")
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("the emulated AWS is not installed: run make setup")
	}
	return path, nil
}
