package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"sync"

	"rollbook/internal/local/emulator"
	"rollbook/internal/local/year"
)

// server is the long-lived part of a stack: the emulator, and in front of it
// the plain address of the screen and the API.
type server struct {
	emulator *emulator.Emulator
	lock     *os.File
	http     *http.Server
}

func startServer(ctx context.Context, o Options) (*server, error) {
	held, err := lock(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &server{lock: held}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.Port))
	if err != nil {
		s.close()
		return nil, err
	}
	os.Remove(filepath.Join(stateDir(o.Dir), "deployed.json"))
	environment := append([]string{"AUTH=true", "AWS_LAMBDA_LOG_FORMAT=JSON"}, o.Environment...)
	if o.FunctionEndpoint != "" {
		environment = append(environment, "AWS_ENDPOINT_URL="+o.FunctionEndpoint)
	}
	options := emulator.Options{
		Dir: stateDir(o.Dir),
		// Functions have the rights that the template gives them and no more.
		// The emulator does not set what LogFormat in the template asks for.
		Environment: environment,
	}
	if o.Keep {
		k, _, err := readKept(o.Dir)
		if err != nil {
			listener.Close()
			s.close()
			return nil, err
		}
		options.Keep, options.Port = keptDir(o.Dir), k.EmulatorPort
	}
	if s.emulator, err = emulator.Start(ctx, options); err != nil {
		listener.Close()
		s.close()
		return nil, err
	}
	s.http = &http.Server{Handler: handler(o.Dir, s.emulator)}
	go s.http.Serve(listener)
	return s, nil
}

func (s *server) close() {
	if s.http != nil {
		s.http.Close()
	}
	if s.emulator != nil {
		s.emulator.Stop()
	}
	s.lock.Close()
}

// Serve holds a detached stack until the context ends or the emulator does.
func Serve(ctx context.Context, o Options) error {
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	started := map[string]string{"endpoint": s.emulator.Endpoint}
	if err := writeJSON(filepath.Join(stateDir(o.Dir), "started.json"), started); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.emulator.Ended():
		return errors.New("the emulated AWS has ended")
	}
}

// handler passes requests on to the deployed API, and serves the mailbox.
func handler(dir string, e *emulator.Emulator) http.Handler {
	var mu sync.Mutex
	var host string
	upstream := func() string {
		mu.Lock()
		defer mu.Unlock()
		var d deployed
		if host == "" && readJSON(filepath.Join(stateDir(dir), "deployed.json"), &d) == nil {
			host = fmt.Sprintf("%s.execute-api.localhost:%d", d.APIID, e.Port)
		}
		return host
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.Host = fmt.Sprintf("127.0.0.1:%d", e.Port)
			r.Out.Host = upstream()
		},
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+mailboxPath, mailbox{e.Endpoint})
	mux.Handle("GET /_local/mail", mailPage{e.Endpoint})
	// The receiver of the demo's webhooks takes whatever comes.
	mux.HandleFunc("POST "+year.Receiver, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// Sign-in returns to the screen at localhost, and uploads come from there.
		if host, port, _ := net.SplitHostPort(r.Host); host == "127.0.0.1" && r.URL.Path == "/" {
			http.Redirect(w, r, "http://localhost:"+port+"/", http.StatusFound)
			return
		}
		if upstream() == "" {
			http.Error(w, "The stack is not deployed yet.", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	return mux
}
