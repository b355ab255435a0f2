package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// server is a running API server of Kubernetes.
type server struct {
	url, token string
	client     http.Client
}

func newServer(at, token string) *server {
	s := &server{url: strings.TrimSuffix(at, "/"), token: token}
	s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a server to try things on, named by whoever calls this
	return s
}

// errNoKind: the server has no such kind; it is another program's, which is not installed there.
var errNoKind = errors.New("the server has no such kind")

// takes asks the server whether it would take a document: applied on the server's side, every field known, nothing kept.
func (s *server) takes(document string) error {
	var object struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
		return err
	}
	name := object.Kind + " " + object.Name
	group := "/apis/" + object.APIVersion
	if !strings.Contains(object.APIVersion, "/") {
		group = "/api/" + object.APIVersion
	}
	plural, err := s.plural(group, object.Kind)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	path := fmt.Sprintf("%s/namespaces/news/%s/%s?dryRun=All&fieldManager=chartcheck&fieldValidation=Strict", group, plural, url.PathEscape(object.Name))
	if _, err := s.do(http.MethodPatch, path, []byte(document)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// plural is what a kind is called in paths.
func (s *server) plural(group, kind string) (string, error) {
	body, err := s.do(http.MethodGet, group, nil)
	if errors.Is(err, errNotFound) {
		return "", errNoKind
	}
	if err != nil {
		return "", err
	}
	var all metav1.APIResourceList
	if err := json.Unmarshal(body, &all); err != nil {
		return "", err
	}
	for _, r := range all.APIResources {
		if r.Kind == kind && !strings.Contains(r.Name, "/") {
			return r.Name, nil
		}
	}
	return "", errNoKind
}

var errNotFound = errors.New("not found")

func (s *server) do(method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	r, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close() //nolint:errcheck // it is read
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.StatusCode/100 == 2 {
		return answer, nil
	}
	var status metav1.Status
	if json.Unmarshal(answer, &status) != nil || status.Message == "" {
		status.Message = string(answer)
	}
	if r.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%w: %s", errNotFound, status.Message)
	}
	return nil, fmt.Errorf("%s: %s", r.Status, status.Message)
}

// offer shows a server every document, and says what it took.
func (s *server) offer(values string, documents []string) error {
	taken, others := 0, 0
	var faults []error
	for _, d := range documents {
		switch err := s.takes(d); {
		case errors.Is(err, errNoKind):
			others++
			fmt.Printf("chart, %s: %v\n", values, err)
		case err != nil:
			faults = append(faults, err)
		default:
			taken++
		}
	}
	fmt.Printf("chart, %s: the server takes %d objects, does not know %d\n", values, taken, others)
	return errors.Join(faults...)
}
