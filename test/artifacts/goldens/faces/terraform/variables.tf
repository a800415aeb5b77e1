variable "namespace" {
  description = "Namespace of the release."
  type        = string
  default     = "faces"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace is a label of RFC 1123."
  }
}

variable "create_namespace" {
  description = "Make the namespace, with the restricted Pod Security Standard."
  type        = bool
  default     = true
}

variable "release_name" {
  description = "Name of the Helm release."
  type        = string
  default     = "faces"

  validation {
    condition     = length(var.release_name) <= 53
    error_message = "Helm takes release names of at most 53 characters."
  }
}

variable "image_repository" {
  description = "Where the image was pushed, without a tag."
  type        = string
}

variable "image_tag" {
  description = "Tag of the image; of this model by default."
  type        = string
  default     = "012344444444"

  validation {
    condition     = var.image_tag != "latest"
    error_message = "latest cannot be rolled back."
  }
}

variable "image_digest" {
  description = "sha256:…, which wins over the tag; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = var.image_digest == "" || can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "A digest has the form sha256: and 64 hexadecimal digits."
  }
}

variable "replicas" {
  description = "Number of pods; left alone where the chart's autoscaling is on."
  type        = number
  default     = 2

  validation {
    condition     = var.replicas >= 1 && floor(var.replicas) == var.replicas
    error_message = "A whole number of at least 1."
  }
}

variable "timeout_seconds" {
  description = "How long a rollout may take before it is taken back."
  type        = number
  default     = 1920

  validation {
    condition     = var.timeout_seconds >= 360
    error_message = "One pod alone may take 360 seconds to start."
  }
}

variable "values" {
  description = "Further values of the chart as YAML texts; later ones win."
  type        = list(string)
  default     = []
}
