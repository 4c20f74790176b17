"""A Paraformer export in, log-probabilities of units and their times out.

    frontend     samples -> features, as FunASR's front end computes them
    folder       what stands in a model folder: FunASR's export or sherpa-onnx's
    session      onnxruntime, opened with care
    model        features -> what the network says, whatever the kind of export
    timestamps   when each unit was said
    greedy       the best units and their text, without a graph
    listening    a list of recordings in, one emission or one reason each out
    describe     what `asrkit info` tells about a model
"""
