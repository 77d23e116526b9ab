#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "models/graph.h"

namespace assay::models {

/// Draws a convolution's weight from a normal distribution that keeps the variance of gradients through ReLU.
/// Shapes: (C_out, C_in / groups, H, W). Source: He et al., Delving Deep into Rectifiers, arXiv 1502.01852, eq. 14, as
/// torch.nn.init.kaiming_normal_ with mode "fan_out" counts it.
void draw_he_normal(const at::Tensor& weight, const at::Generator& generator);

/// Draws the weights of a network that ends with a linear layer, as torchvision's ResNets do: convolutions by
/// draw_he_normal() with biases of zero, then the linear layer uniformly within 1 / sqrt(inputs). EfficientNets are
/// drawn like this, too: their own rule for the last layer, 1 / sqrt(outputs), is meant for 1,000 classes. With five, a
/// new head on pretrained features began with a loss of 3.3 where guessing has 1.6.
void draw_as_resnet(const Graph& graph, const at::Generator& generator);

}  // namespace assay::models
